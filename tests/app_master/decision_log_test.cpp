#include "app_master/decision_log.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("decisions are kept in the order in which they were made") {
  decision_log log;
  log.note(time_point{1s}, "worker a/1", "stop it", "it hangs");
  log.note(time_point{2s}, "worker a/2", "stop it", "it hangs too");
  auto told = log.tell(time_point{5s});
  REQUIRE(told.size() == 2);
  CHECK(told[0].number == 1);
  CHECK(told[0].about == "worker a/1");
  CHECK(told[1].number == 2);
  CHECK(told[1].age == 3s);
  CHECK(told[1].why == "it hangs too");
}

TEST_CASE("a crash loop takes one place, and its last reason is kept") {
  decision_log log;
  log.note(time_point{1s}, "release 1", "let it serve", "all is ready");
  for (int i = 0; i < 1000; ++i) {
    log.note(time_point{i * 1s}, "worker a/1", "start it again",
             "exit " + std::to_string(i));
    log.note(time_point{i * 1s}, "worker a/2", "start it again", "killed");
  }
  auto told = log.tell(time_point{1h});
  REQUIRE(told.size() == 3);
  CHECK(told[0].about == "release 1");
  CHECK(told[1].times == 1000);
  CHECK(told[1].why == "exit 999");
  CHECK(told[2].number == 2001);
}

TEST_CASE("the log is bounded, and the oldest decisions go first") {
  decision_log log;
  for (std::size_t i = 0; i < 3 * decision_log::capacity; ++i)
    log.note({}, "worker " + std::to_string(i), "stop it", "");
  auto told = log.tell({});
  CHECK(told.size() == decision_log::capacity);
  CHECK(told.front().number == 2 * decision_log::capacity + 1);
  CHECK(told.back().number == 3 * decision_log::capacity);
}
