#include "control/history_json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace serval;

namespace {

journal sample() {
  journal history;
  history.last = {12};
  std::uint64_t number = 6;
  for (change_kind what : std::vector<change_kind>{
         release_deployed{{2}, "", "c0ffee"}, release_promoted{{2}},
         release_failed{{3}, "no model"}, workers_scaled{{2}, "bank", 4},
         application_deleted{}, nothing_changed{"scale bank=4"},
         orphans_adopted{{5}}, orphans_discarded{{6}}})
    history.entries.push_back(
      {{++number},
       {3},
       wall_time{std::chrono::milliseconds{1'700'000'000'123}},
       {{"op-1", "maria", "because"}, std::move(what)}});
  return history;
}

} // namespace

TEST_CASE("every kind of change survives JSON") {
  auto history = sample();
  CHECK(history.entries.size() == std::variant_size_v<change_kind>);
  auto text = boost::json::serialize(to_json("a", history));
  auto back = parse_history_json(text);
  REQUIRE(back);
  CHECK(back->entries == history.entries);
  CHECK(back->last == history.last);
}

TEST_CASE("a spec is told only where it is asked for") {
  journal history;
  history.last = {1};
  history.entries = {{{1}, {1}, {}, {{}, release_deployed{{1}, "spec!", "h"}}}};
  CHECK_FALSE(to_json("a", history)
                .at("changes")
                .at(0)
                .as_object()
                .contains("spec"));
  CHECK(to_json("a", history, true).at("changes").at(0).at("spec") == "spec!");
}

TEST_CASE("what is no history is an error, not an exception") {
  for (auto text :
       {"", "[]", "{}", R"({"last_sequence":1})",
        R"({"last_sequence":-1,"changes":[]})",
        R"({"last_sequence":1,"changes":[1]})",
        R"({"last_sequence":1,"changes":[{}]})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_history_json(text));
    CHECK_FALSE(parse_summary_json(text));
  }
  store_summary summary{1, 2, 3, 4, 5, {6}};
  auto back = parse_summary_json(boost::json::serialize(to_json(summary)));
  REQUIRE(back);
  CHECK(back->acknowledged == 5);
  CHECK(back->epoch.value == 6);
}

TEST_CASE("times are told in UTC, to the millisecond, before 1970 too") {
  using namespace std::chrono_literals;
  CHECK(to_rfc3339(wall_time{1'700'000'000'123ms})
        == "2023-11-14T22:13:20.123Z");
  CHECK(to_rfc3339(wall_time{-1ms}) == "1969-12-31T23:59:59.999Z");
}
