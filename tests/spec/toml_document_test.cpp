#include "spec/toml_document.hpp"

#include "spec/json_document.hpp"
#include "support/case_list.hpp"

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

TEST_CASE("what is no TOML is refused, and what is one is read") {
  for (auto& listed : read_case_list(BAD_INPUT "/toml.txt", 2)) {
    CAPTURE(listed.words[0]);
    CAPTURE(listed.bytes.substr(0, 100));
    CHECK(parse_toml_document(listed.bytes, "f").has_value()
          == (listed.words[1] == "accepted"));
  }
  CHECK(parse_toml_document("", "f").has_value());
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
