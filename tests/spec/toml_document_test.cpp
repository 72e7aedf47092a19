#include "spec/toml_document.hpp"

#include "spec/json_document.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace serval;

namespace {

std::string message_of(std::string_view text) {
  auto parsed = parse_toml_document(text, "f.toml");
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error().message;
}

} // namespace

TEST_CASE("TOML values keep their types and places") {
  auto parsed = parse_toml_document("a = 1\n[t]\n  s = 'x'\nd = 1.0\n"
                                    "l = [true, {k = 2}]\n",
                                    "f.toml");
  REQUIRE(parsed);
  CHECK(to_json_text(*parsed)
        == R"({"a":1,"t":{"d":1E0,"l":[true,{"k":2}],"s":"x"}})");
  CHECK(where_of(*parsed, "t.s") == "f.toml:3:7");
}

TEST_CASE("an error says file, line and column") {
  CHECK(message_of("a = 1\nb = \n").starts_with("f.toml:2:"));
  CHECK(message_of("a = 1\na = 2\n").starts_with("f.toml:2:"));
  CHECK(message_of("a = 1\nb = 1979-05-27\n").find("f.toml:2:5: b: ")
        != std::string::npos);
  CHECK(message_of("a = nan").find("finite") != std::string::npos);
}

TEST_CASE("malformed bytes are errors, never the end of the process") {
  for (std::string text :
       {std::string{"[\n"}, std::string{"[[\n"}, std::string{"a = \"\\"},
        std::string{"\xff\xfe"} + "a", std::string{"a\0b = 1", 7},
        std::string{"a = \"\xff\""}, std::string{"'"}, std::string{"= 1"},
        std::string{"a.b = 1\na = 2"}, std::string{"[a]\n[a]"}}) {
    CAPTURE(text);
    CHECK_FALSE(parse_toml_document(text, "f").has_value());
  }
  CHECK(parse_toml_document("", "f").has_value());
  CHECK(parse_toml_document("\xef\xbb\xbf" "a = 1\r\n", "f").has_value());
}

TEST_CASE("values nested deeper than JSON readers follow are refused") {
  auto nested = [](int depth) {
    return "a = " + std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_toml_document(nested(19), "f").has_value());
  CHECK_FALSE(parse_toml_document(nested(22), "f").has_value());
}

TEST_CASE("only regular files are read") {
  CHECK_FALSE(read_toml_file("/no/such/file.toml").has_value());
  CHECK_FALSE(read_toml_file("/tmp").has_value());
  CHECK_FALSE(read_toml_file("/dev/zero").has_value());
}

TEST_CASE("a single value is read, anything else is none") {
  CHECK(to_json_text(parse_toml_value("[1, 'x']").value()) == R"([1,"x"])");
  CHECK_FALSE(parse_toml_value("inline").has_value());
  CHECK_FALSE(parse_toml_value("").has_value());
  CHECK_FALSE(parse_toml_value("1\nw = 2").has_value());
}
