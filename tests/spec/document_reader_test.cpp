#include "spec/document_reader.hpp"

#include "spec/json_document.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

doc_value parse(std::string_view json) {
  return parse_json_object(json, "f").value();
}

} // namespace

TEST_CASE("a value of the wrong type is told and leaves the variable alone") {
  auto document = parse(R"({"a": "x", "b": 1, "c": {}, "d": ["x", 2]})");
  problem_list problems;
  document_reader in(document, "top", problems);
  std::uint32_t number = 7;
  bool flag = true;
  std::string text = "old";
  std::vector<std::string> texts = {"old"};
  duration span{5};
  CHECK_FALSE(in.read("a", number));
  CHECK_FALSE(in.read("b", flag));
  CHECK_FALSE(in.read("c", text));
  CHECK_FALSE(in.read("d", texts));
  CHECK_FALSE(in.read("a", span));
  CHECK_FALSE(in.read_size("a", number));
  CHECK(in.table("b") == nullptr);
  in.finish();
  CHECK(number == 7);
  CHECK(flag);
  CHECK(text == "old");
  CHECK(texts == std::vector<std::string>{"old"});
  CHECK(span == duration{5});
  REQUIRE(problems.size() == 7);
  CHECK(problems[0]
        == problem{"f", "top.a", "must be an integer, is a string"});
}

TEST_CASE("an absent key is no problem and leaves the variable alone") {
  auto document = parse("{}");
  problem_list problems;
  document_reader in(document, "", problems);
  std::string text = "old";
  CHECK_FALSE(in.read("a", text));
  in.finish();
  CHECK(text == "old");
  CHECK(problems.empty());
}

TEST_CASE("a value typed on a command line is a string where one is wanted") {
  doc_table table;
  table.emplace("k", doc_value{std::int64_t{10}, "--set k=10", "10"});
  doc_value document{std::move(table), "f", {}};
  problem_list problems;
  document_reader in(document, "", problems);
  std::string text;
  std::uint32_t number = 0;
  CHECK(in.read("k", text));
  CHECK(in.read("k", number));
  CHECK(text == "10");
  CHECK(number == 10);
}

TEST_CASE("settings keep the types they were written in") {
  auto document = parse(R"({"c": {"s": "x", "i": 1, "d": 1.0, "b": false,
                                  "t": {"z": 1, "a": []}}})");
  problem_list problems;
  document_reader in(document, "", problems);
  settings out;
  REQUIRE(in.read("c", out));
  CHECK(out
        == settings{{"s", "x"},
                    {"i", std::int64_t{1}},
                    {"d", 1.0},
                    {"b", false},
                    {"t", json_text{R"({"a":[],"z":1})"}}});
}

TEST_CASE("a word must be one of those listed") {
  auto document = parse(R"({"k": "b", "l": "B"})");
  problem_list problems;
  document_reader in(document, "", problems);
  std::size_t at = 9;
  CHECK(in.read_word("k", {"a", "b"}, at));
  CHECK(at == 1);
  CHECK_FALSE(in.read_word("l", {"a", "b"}, at));
  CHECK(problems.at(0).message == R"(must be one of "a", "b", is "B")");
}
