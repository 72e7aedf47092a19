#include "load/request_mix.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace serval;

using kind = body_source::kind;

TEST_CASE("a body is a text, a file, a folder or generated, with a weight") {
  auto text = parse_body_source("hello");
  REQUIRE(text);
  CHECK(text->from == kind::text);
  CHECK(text->value == "hello");
  CHECK(text->weight == 1);
  auto file = parse_body_source("2.5*@a/b.json");
  REQUIRE(file);
  CHECK(file->from == kind::file);
  CHECK(file->value == "a/b.json");
  CHECK(file->weight == 2.5);
  auto folder = parse_body_source("@a/");
  REQUIRE(folder);
  CHECK(folder->from == kind::directory);
  auto generated = parse_body_source("3*size:4KiB");
  REQUIRE(generated);
  CHECK(generated->from == kind::generated);
  CHECK(generated->size == 4096);
}

TEST_CASE("a star in a text is part of it unless a number stands before") {
  auto text = parse_body_source("a*b");
  REQUIRE(text);
  CHECK(text->value == "a*b");
  CHECK(text->weight == 1);
}

TEST_CASE("weights of 0 and below, bad sizes and too large bodies are "
          "refused") {
  for (auto text : {"0*x", "-1*x", "size:", "size:5", "size:-1KiB",
                    "size:1GiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_body_source(text));
  }
}

TEST_CASE("a generated body has its size and is printable") {
  CHECK(generate_body(0).empty());
  auto body = generate_body(100);
  CHECK(body.size() == 100);
  CHECK(body.starts_with("0123456789abc"));
}

TEST_CASE("bodies are sent as often as their weights say") {
  request_mix mix;
  mix.add("a", 1);
  mix.add("b", 2);
  mix.add("c", 7);
  random_source random{11};
  std::array<int, 3> seen{};
  for (int i = 0; i < 100'000; ++i)
    ++seen[mix.choose(random)];
  CHECK(seen[0] == doctest::Approx(10'000).epsilon(0.05));
  CHECK(seen[1] == doctest::Approx(20'000).epsilon(0.05));
  CHECK(seen[2] == doctest::Approx(70'000).epsilon(0.05));
}
