// Goal: starts take no more of a node than they may, and no application's
// starts keep another's waiting. Method: the core with a virtual clock.
#include "node/start_gate.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr start_gate::limits usual{8, 50ms};

worker_key key(std::uint64_t id) {
  return {worker_id{id}, 1};
}

void add(start_gate& uut, const char* app, std::uint64_t first,
         std::uint64_t count, bool again = false) {
  for (auto id = first; id < first + count; ++id)
    uut.add({app, key(id), again});
}

std::size_t count_of(const std::vector<start_gate::entry>& all,
                     std::string_view app) {
  return static_cast<std::size_t>(
    std::ranges::count(all, app, &start_gate::entry::app));
}

} // namespace

TEST_CASE("an application alone starts half of what the node may, the next "
          "half of the rest") {
  start_gate uut{usual};
  add(uut, "a", 1, 100);
  CHECK(uut.admit({}).size() == 4);
  CHECK(uut.admit({}).empty());
  add(uut, "b", 201, 100);
  CHECK(count_of(uut.admit({}), "b") == 2);
  add(uut, "c", 301, 1);
  CHECK(count_of(uut.admit({}), "c") == 1);
}

TEST_CASE("a place that gets free goes to whoever has the next turn") {
  start_gate uut{usual};
  add(uut, "a", 1, 100);
  auto started = uut.admit({});
  uut.remove("a", started.front().key);
  auto next = uut.admit({});
  REQUIRE(next.size() == 1);
  CHECK(next.front() == start_gate::entry{"a", key(5), false});
}

TEST_CASE("who is not to start any more takes no place") {
  start_gate uut{usual};
  add(uut, "a", 1, 6);
  CHECK(uut.admit({}).size() == 4);
  uut.remove("a", key(5));
  uut.remove("a", key(99));
  uut.remove("nobody", key(1));
  uut.remove("a", key(1));
  auto next = uut.admit({});
  REQUIRE(next.size() == 1);
  CHECK(next.front().key == key(6));
}

TEST_CASE("workers that failed before start one by one, behind others") {
  start_gate uut{{64, 50ms}};
  auto now = time_point{1h};
  add(uut, "a", 1, 100, true);
  add(uut, "a", 201, 1);
  auto started = uut.admit(now);
  CHECK(started.front().key == key(201));
  // One, although none has started for an hour.
  CHECK(started.size() == 1 + 1);
  for (int i = 0; i < 20; ++i) {
    for (auto& each : started)
      uut.remove("a", each.key);
    REQUIRE(uut.due());
    CHECK(*uut.due() > now);
    now = *uut.due();
    started = uut.admit(now);
    CHECK(started.size() == 1);
  }
  CHECK(now == time_point{1h} + 20 * 50ms);
}

TEST_CASE("nobody waits for a time when a place is what is missing") {
  start_gate uut{usual};
  add(uut, "a", 1, 100);
  (void) uut.admit({});
  CHECK_FALSE(uut.due());
  CHECK(uut.why().find("4 starts are in progress") != std::string::npos);
}

TEST_CASE("whatever comes and goes, limits hold and everybody starts in the "
          "end") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    start_gate uut{usual};
    auto now = time_point{1h};
    std::vector<start_gate::entry> running;
    std::set<worker_key> waiting;
    std::uint64_t last = 0;
    std::vector<time_point> again;
    auto admit = [&] {
      for (auto& each : uut.admit(now)) {
        CHECK(waiting.erase(each.key) == 1);
        if (each.again)
          again.push_back(now);
        running.push_back(each);
      }
      CHECK(running.size() <= usual.in_progress);
    };
    auto end_one = [&] {
      auto at = random.below(static_cast<std::uint32_t>(running.size()));
      uut.remove(running[at].app, running[at].key);
      running.erase(running.begin() + at);
    };
    for (int i = 0; i < 2000; ++i) {
      if (random.below(2) == 0) {
        uut.add({std::string(1, static_cast<char>('a' + random.below(5))),
                 key(++last), random.below(3) == 0});
        waiting.insert(key(last));
      } else if (!running.empty()) {
        end_one();
      }
      now += std::chrono::milliseconds{random.below(20)};
      admit();
    }
    for (std::size_t i = 1; i < again.size(); ++i)
      CHECK(again[i] - again[i - 1] >= usual.again_interval);
    for (int i = 0; i < 10'000 && !waiting.empty(); ++i) {
      if (!running.empty())
        end_one();
      else
        now = std::max(now, uut.due().value_or(now));
      admit();
    }
    CHECK(waiting.empty());
  }
}
