#include "control/decision_json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("decisions survive JSON in every field") {
  std::vector<decision> all = {
    {7, 1500ms, 3, "worker bank/3", "start it again", "exit code 3"},
    {8, 0ms, 1, "release 2", "let it serve", "\"all\" are ready"}};
  auto text = boost::json::serialize(to_json(all));
  auto back = parse_decisions_json(text);
  REQUIRE(back);
  REQUIRE(back->size() == 2);
  CHECK(back->at(0).number == 7);
  CHECK(back->at(0).age == 1500ms);
  CHECK(back->at(0).times == 3);
  CHECK(back->at(0).about == "worker bank/3");
  CHECK(back->at(0).what == "start it again");
  CHECK(back->at(0).why == "exit code 3");
  CHECK(boost::json::serialize(to_json(*back)) == text);
}

TEST_CASE("what are no decisions is an error, not an exception") {
  for (auto text : {"", "[]", "{}", R"({"decisions":7})",
                    R"({"decisions":[{}]})", R"({"decisions":[7]})",
                    R"({"decisions":[{"number":-1}]})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decisions_json(text).has_value());
  }
}
