#include "spec/json_document.hpp"

#include "support/case_list.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

std::string message_of(std::string_view text) {
  auto parsed = parse_json_document(text, "the body");
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("JSON survives a round trip, keys sorted") {
  auto parsed = parse_json_document(
    R"({"b": [1, 2.5, true, "x\n"], "a": {"c": -9223372036854775808}})", "t");
  REQUIRE(parsed);
  CHECK(to_json_text(*parsed)
        == R"({"a":{"c":-9223372036854775808},"b":[1,2.5E0,true,"x\n"]})");
}

TEST_CASE("a double survives its text to the last bit") {
  for (double value : {-0.5e-33, 92233720368547777775808.0, 0.1 + 0.2, 5e-324,
                       1.7976931348623157e308, 1.23e-9}) {
    CAPTURE(value);
    auto text = to_json_text({value, "", {}});
    auto back = parse_json_document(text, "t");
    REQUIRE(back);
    CHECK(std::get<double>(back->data) == value);
    CHECK(to_json_text(*back) == text);
  }
}

TEST_CASE("a key given twice is named, also when it is spelled otherwise") {
  CHECK(contains(message_of(R"({"workers": 1, "workers": 1000000})"),
                 "\"workers\" twice"));
  CHECK(contains(message_of(R"({"a": {"k": 1, "\u006b": 2}})"), "\"k\" twice"));
  CHECK(parse_json_document(R"({"k": {"k": 1}, "l": [{"k": 1}, {"k": 2}]})",
                            "t")
          .has_value());
}

TEST_CASE("what JSON allows but no command means is refused") {
  CHECK(contains(message_of(R"({"a": null})"), "a: must not be null"));
  CHECK(contains(message_of(R"([18446744073709551615])"), "64 bits"));
  CHECK(contains(message_of("[1" + std::string(1000, '0') + "]"), ""));
  CHECK_FALSE(parse_json_object("[]", "t").has_value());
}

TEST_CASE("what is no JSON is refused, and what is one is read") {
  for (auto& listed : read_case_list(BAD_INPUT "/json.txt", 2)) {
    CAPTURE(listed.words[0]);
    CAPTURE(listed.bytes.substr(0, 100));
    CHECK(parse_json_document(listed.bytes, "t").has_value()
          == (listed.words[1] == "accepted"));
  }
}
