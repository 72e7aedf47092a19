#include "spec/spec_reader.hpp"

#include "spec/json_document.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

problem_list problems_of(std::string_view json, bool with_artifact) {
  auto document = parse_json_object(json, "f").value();
  problem_list problems;
  read_spec(document, with_artifact, problems);
  return problems;
}

} // namespace

TEST_CASE("only what was uploaded has a plugin_sha256") {
  auto json = R"({"name":"a","entry":"b","plugin":"p","backend":{"b":{}},
    "plugin_sha256":
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})";
  CHECK(problems_of(json, true).empty());
  REQUIRE(problems_of(json, false).size() == 1);
  CHECK(problems_of(json, false)[0].key == "plugin_sha256");
}

TEST_CASE("what could not be read is not told a second time as missing") {
  auto wrong_type = problems_of(
    R"({"name":5,"entry":true,"plugin":"p","backend":{"b":{"queue":"x"}}})",
    true);
  REQUIRE(wrong_type.size() == 3);
  CHECK(wrong_type[0].key == "name");
  CHECK(wrong_type[1].key == "entry");
  CHECK(wrong_type[2].key == "backend.b.queue");
}

TEST_CASE("broken rules are told beside unknown keys") {
  auto both = problems_of(
    R"({"name":"a","entry":"b","plugin":"p","x":1,
        "backend":{"b":{"workers":0}}})",
    true);
  REQUIRE(both.size() == 2);
  CHECK(both[0].key == "x");
  CHECK(both[1].key == "backend.b.workers");
  auto broken = problems_of(
    R"({"name":"a","entry":"x","plugin":"p","backend":{"b":{"workers":0}}})",
    true);
  REQUIRE(broken.size() == 2);
  CHECK(broken[0].key == "backend.b.workers");
  CHECK(broken[0].where == "f");
  CHECK(broken[1].key == "entry");
}
