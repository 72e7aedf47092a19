// Goal: never do two nodes lead at one time, and soon after trouble one does.
// Method: keepers on virtual clocks with a store in memory, by hand and by a
// random schedule of pauses, lost answers, clocks of different speeds.
#include "leader/lease_keeper.hpp"

#include "base/random.hpp"
#include "store/memory_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr lease_options options{3s, 1s};

time_point at(duration since_start) {
  return time_point{1h + since_start};
}

template <class Effect>
bool has(const std::vector<lease_effect>& effects) {
  return std::ranges::any_of(effects, [](auto& each) {
    return std::holds_alternative<Effect>(each);
  });
}

lease_keeper leading_since(time_point now, std::uint64_t epoch = 7) {
  lease_keeper keeper{options};
  REQUIRE(has<ask_for_lease>(keeper.on_timer(now)));
  REQUIRE(has<begin_to_lead>(keeper.on_answer(lease_grant{{epoch}, 3s}, now)));
  return keeper;
}

} // namespace

TEST_CASE("a lease counts from before it was asked for, and ends early") {
  lease_keeper keeper{options};
  REQUIRE(has<ask_for_lease>(keeper.on_timer(at(0s))));
  CHECK(has<begin_to_lead>(
    keeper.on_answer(lease_grant{{7}, 3s}, at(1s))));
  CHECK(keeper.leads(at(2399ms)));
  CHECK_FALSE(keeper.leads(at(2400ms)));
}

TEST_CASE("an answer that took as long as the lease is of no use") {
  lease_keeper keeper{options};
  static_cast<void>(keeper.on_timer(at(0s)));
  CHECK(keeper.on_answer(lease_grant{{7}, 3s}, at(2500ms)).empty());
  CHECK_FALSE(keeper.leads(at(2500ms)));
}

TEST_CASE("a leader renews in time, and only one question is open") {
  auto keeper = leading_since(at(0s));
  CHECK(keeper.due() == at(1s));
  CHECK(keeper.on_timer(at(999ms)).empty());
  auto asked = keeper.on_timer(at(1s));
  REQUIRE(asked.size() == 1);
  CHECK(std::get<ask_for_lease>(asked[0]).held.value == 7);
  CHECK(keeper.on_timer(at(2s)).empty());
  CHECK(keeper.on_answer(lease_grant{{7}, 3s}, at(2s)).empty());
  CHECK(keeper.leads(at(3399ms)));
}

TEST_CASE("a leader whose store is silent ceases when its lease ends") {
  auto keeper = leading_since(at(0s));
  static_cast<void>(keeper.on_timer(at(1s)));
  CHECK(keeper.due() == at(2400ms));
  auto effects = keeper.on_timer(at(2400ms));
  CHECK(has<cease_to_lead>(effects));
  CHECK_FALSE(keeper.reason().empty());
  SUBCASE("and a late renewal does not bring it back") {
    CHECK(keeper.on_answer(lease_grant{{7}, 3s}, at(2500ms)).empty());
    CHECK_FALSE(keeper.leads(at(2500ms)));
    auto asked = keeper.on_timer(at(2500ms));
    REQUIRE(has<ask_for_lease>(asked));
    CHECK_FALSE(std::get<ask_for_lease>(asked[0]).held);
  }
}

TEST_CASE("an answer does not bring back a lease that has expired meanwhile") {
  auto keeper = leading_since(at(0s));
  static_cast<void>(keeper.on_timer(at(1s)));
  CHECK_FALSE(keeper.leads(at(2500ms)));
  // The renewal itself would reach until 3.4 s.
  CHECK(has<cease_to_lead>(keeper.on_answer(lease_grant{{7}, 3s}, at(2500ms))));
  CHECK_FALSE(keeper.leads(at(2500ms)));
}

TEST_CASE("a store that is away is asked less and less often, up to a bound") {
  lease_keeper keeper{options};
  auto now = at(0s);
  duration longest{};
  for (int i = 0; i < 10; ++i) {
    REQUIRE(has<ask_for_lease>(keeper.on_timer(now)));
    static_cast<void>(
      keeper.on_answer(error{errc::unavailable, "no connection"}, now));
    longest = std::max(longest, keeper.due() - now);
    CHECK(keeper.due() - now >= 1s);
    now = keeper.due();
  }
  CHECK(longest >= 2s);
  CHECK(longest <= 4s);
  CHECK(keeper.reason() == "no connection");
  static_cast<void>(keeper.on_timer(now));
  static_cast<void>(keeper.on_answer(error{errc::conflict, "held"}, now));
  CHECK(keeper.due() == now + 1s);
}

TEST_CASE("a long lease is asked for no less often by those who follow") {
  lease_keeper keeper{{1h, 20min}};
  static_cast<void>(keeper.on_timer(at(0s)));
  static_cast<void>(keeper.on_answer(error{errc::conflict, "held"}, at(0s)));
  CHECK(keeper.due() == at(1s));
  static_cast<void>(keeper.on_timer(at(1s)));
  static_cast<void>(keeper.on_answer(lease_grant{{7}, 1h}, at(1s)));
  CHECK(keeper.due() == at(1s + 20min));
}

TEST_CASE("an error of the store ends no lease before its time") {
  auto keeper = leading_since(at(0s));
  static_cast<void>(keeper.on_timer(at(1s)));
  CHECK(keeper.on_answer(error{errc::store_failed, "down"}, at(1s)).empty());
  CHECK(keeper.leads(at(2s)));
}

TEST_CASE("a leader that another has replaced ceases at once") {
  auto keeper = leading_since(at(0s));
  static_cast<void>(keeper.on_timer(at(1s)));
  CHECK(has<cease_to_lead>(
    keeper.on_answer(error{errc::stale_epoch, "epoch 8 leads"}, at(1s))));
  CHECK_FALSE(keeper.leads(at(1s)));
}

TEST_CASE("a leader that was stopped for long does nothing when it goes on") {
  auto keeper = leading_since(at(0s));
  CHECK_FALSE(keeper.leads(at(30s)));
  auto effects = keeper.on_timer(at(30s));
  CHECK(has<cease_to_lead>(effects));
}

TEST_CASE("a follower says why it does not lead") {
  lease_keeper keeper{options};
  static_cast<void>(keeper.on_timer(at(0s)));
  static_cast<void>(
    keeper.on_answer(error{errc::conflict, "held by \"n1\""}, at(0s)));
  CHECK(keeper.reason() == "held by \"n1\"");
  CHECK(keeper.due() == at(1s));
}

namespace {

/// A node with a clock of its own, whose questions and answers take time or
/// are lost.
struct node {
  std::string name;
  lease_keeper keeper{options};
  double speed = 1;
  time_point paused_until = time_point::min();
  std::optional<std::pair<time_point, result<lease_grant>>> answer;

  time_point clock(time_point real) const {
    return at(std::chrono::duration_cast<duration>(
      (real - at(0s)) * speed));
  }
};

} // namespace

TEST_CASE("whatever happens, at most one leads, and in calm one does") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    auto real = at(0s);
    memory_store store{[&] { return real; }};
    std::vector<node> nodes;
    for (int i = 0; i < 3; ++i) {
      auto& each = nodes.emplace_back();
      each.name = "n" + std::to_string(i);
      // Both ways, within what the fifth is for.
      each.speed = 0.9 + 0.2 * random.unit();
    }
    auto calm_from = at(40s);
    int led_in_calm = 0;
    for (; real < at(60s); real += 20ms) {
      auto trouble = real < calm_from;
      int leaders = 0;
      for (auto& each : nodes) {
        auto now = each.clock(real);
        leaders += each.keeper.leads(now) ? 1 : 0;
        if (trouble && random.below(200) == 0)
          each.paused_until = real + 100ms * (1 + random.below(80));
        if (real < each.paused_until)
          continue;
        if (each.answer && each.answer->first <= real) {
          auto answer = std::exchange(each.answer, std::nullopt);
          static_cast<void>(each.keeper.on_answer(answer->second, now));
        }
        if (now < each.keeper.due())
          continue;
        for (auto& effect : each.keeper.on_timer(now))
          if (auto* ask = std::get_if<ask_for_lease>(&effect)) {
            auto granted = store.lease(each.name, 3s, ask->held);
            auto delay = trouble ? 50ms * random.below(60) : 20ms;
            if (trouble && random.below(4) == 0)
              granted = error{errc::store_failed, "the answer was lost"};
            each.answer.emplace(real + delay, granted);
          }
      }
      REQUIRE(leaders <= 1);
      if (real > calm_from + 5s)
        led_in_calm += leaders;
    }
    // All of the time but for what a clock that is slow by a tenth may cost.
    CHECK(led_in_calm >= 740);
  }
}

TEST_CASE("a keeper that rests gives its lease up and asks for none") {
  auto keeper = leading_since(at(0s));
  SUBCASE("whatever it has asked") {
    REQUIRE(has<ask_for_lease>(keeper.on_timer(at(1s))));
    CHECK(has<cease_to_lead>(keeper.rest("handed over", at(1s))));
    CHECK(keeper.on_answer(lease_grant{{7}, 3s}, at(2s)).empty());
  }
  SUBCASE("at once") {
    CHECK(has<cease_to_lead>(keeper.rest("handed over", at(1s))));
  }
  CHECK_FALSE(keeper.leads(at(1s)));
  CHECK(keeper.reason() == "handed over");
  CHECK(keeper.due() == time_point::max());
  CHECK(keeper.on_timer(at(100s)).empty());
  keeper.resume(at(100s));
  REQUIRE(has<ask_for_lease>(keeper.on_timer(at(100s))));
  CHECK(has<begin_to_lead>(
    keeper.on_answer(lease_grant{{8}, 3s}, at(100s))));
}

TEST_CASE("a keeper that rests without a lease has nothing to give up") {
  lease_keeper keeper{options};
  CHECK(keeper.rest("handed over", at(0s)).empty());
  CHECK(keeper.on_timer(at(9s)).empty());
}
