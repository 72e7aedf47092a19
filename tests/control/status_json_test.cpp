#include "control/status_json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a status survives JSON in every field") {
  app_status status;
  status.name = "a";
  status.route = "/a";
  status.release.value = 7;
  status.release_hash = "00ff";
  status.message = "two of three";
  status.warnings = {"w1", "w2"};
  status.backends = {{"b", backend_state::upscaling, 3, 2, "one starts",
                      {{worker_id{9}, "ready", 42, 1, "m"}}}};
  for (const auto& row : app_cycle().states()) {
    auto state = row.state;
    status.state = state;
    auto text = boost::json::serialize(to_json(status));
    auto back = parse_status_json(text);
    REQUIRE(back);
    CHECK(boost::json::serialize(to_json(*back)) == text);
    CHECK(back->state == state);
    CHECK(back->backends.at(0).state == backend_state::upscaling);
    CHECK(back->backends.at(0).workers.at(0).pid == 42);
    auto list = parse_status_list_json("{\"applications\":[" + text + "]}");
    REQUIRE(list);
    CHECK(list->size() == 1);
  }
}

TEST_CASE("what is no status is an error, not an exception") {
  for (auto text : {"", "[]", "{}", R"({"state":"odd"})",
                    R"({"state":"running","name":5})",
                    R"({"state":"running","release":-1})",
                    R"({"state":"running","backends":{}})",
                    R"({"state":"running","backends":[1]})",
                    R"({"state":"running","backends":[{"state":"odd"}]})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_status_json(text).has_value());
    CHECK_FALSE(parse_status_list_json(text).has_value());
  }
}
