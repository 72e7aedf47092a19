// The catalogue of bad HTTP input, case by case, each cut in three ways: the
// reader's verdict must not depend on how the bytes arrive.

#include "proxy/request_reader.hpp"

#include "support/case_list.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

using verdict = request_reader::verdict;

namespace {

constexpr std::uint64_t body_bytes_max = 1024;

/// What a client gets in the end: 200 if the request is accepted, the status
/// of its refusal, or 408 if it waits for bytes that never come.
int outcome_of(std::string_view bytes, std::size_t piece) {
  request_reader reader{head_limits{}, body_bytes_max};
  while (!bytes.empty()) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    switch (reader.read(part)) {
      case verdict::complete:
        return 200;
      case verdict::refused:
        return reader.why().status;
      case verdict::more:
        CHECK(part.empty());
        break;
    }
  }
  return 408;
}

std::string post(std::string_view fields, std::string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n"
         + std::string{body};
}

std::string chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

const std::string cl = "Content-Length: ";
const std::string last = "0\r\n\r\n";

} // namespace

TEST_CASE("bad requests end as the catalogue says, however they are cut") {
  for (auto& listed : read_case_list(BAD_INPUT "/http.txt", 2)) {
    auto& bytes = listed.bytes;
    auto& outcome = listed.words[1];
    auto status = outcome == "accepted" ? 200 : std::stoi(outcome);
    CAPTURE(listed.words[0]);
    CAPTURE(bytes.substr(0, 100));
    CHECK(outcome_of(bytes, 1) == status);
    CHECK(outcome_of(bytes, 7) == status);
    CHECK(outcome_of(bytes, bytes.size()) == status);
  }
}

TEST_CASE("random bytes are refused or need more, and never accepted") {
  std::uint64_t state = 42;
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes += static_cast<char>(state >> 56);
    }
    CHECK(outcome_of(bytes, 100) >= 400);
  }
}

TEST_CASE("requests in one piece come out one by one and in order") {
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += post(cl + "2\r\n", std::to_string(10 + i % 90))
             + chunked("1\r\n" + std::to_string(i % 10) + "\r\n" + last);
  request_reader reader{head_limits{}, body_bytes_max};
  std::string_view input = bytes;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(reader.read(input) == verdict::complete);
    CHECK(reader.request().body == std::to_string(10 + i % 90));
    reader.reset();
    REQUIRE(reader.read(input) == verdict::complete);
    CHECK(reader.request().body == std::to_string(i % 10));
    reader.reset();
  }
  CHECK(input.empty());
  CHECK(reader.idle());
}

TEST_CASE("an accepted request never swallows a byte of the next") {
  auto good = post(cl + "3\r\n", "abc");
  auto bytes = good + "GARBAGE\n";
  request_reader reader{head_limits{}, body_bytes_max};
  std::string_view input = bytes;
  REQUIRE(reader.read(input) == verdict::complete);
  CHECK(input == "GARBAGE\n");
  reader.reset();
  CHECK(reader.read(input) == verdict::refused);
}

TEST_CASE("the client is asked for its body once, and only if it waits") {
  request_reader reader{head_limits{}, body_bytes_max};
  auto bytes = post("Expect: 100-continue\r\n" + cl + "3\r\n");
  std::string_view input = bytes;
  REQUIRE(reader.read(input) == verdict::more);
  CHECK(reader.in_body());
  CHECK(reader.take_expectation());
  CHECK_FALSE(reader.take_expectation());

  SUBCASE("no body, nothing to ask for") {
    request_reader other{head_limits{}, body_bytes_max};
    auto empty = post("Expect: 100-continue\r\n");
    input = empty;
    CHECK(other.read(input) == verdict::complete);
    CHECK_FALSE(other.take_expectation());
  }
  SUBCASE("the body came along") {
    request_reader other{head_limits{}, body_bytes_max};
    auto with_body = bytes + "a";
    input = with_body;
    CHECK(other.read(input) == verdict::more);
    CHECK_FALSE(other.take_expectation());
  }
}
