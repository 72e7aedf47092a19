#include "dispatcher/poison_table.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace serval;
using namespace std::literals;

namespace {

constexpr fingerprint poison{1, 6};
constexpr fingerprint bread{2, 5};

} // namespace

TEST_CASE("two deaths put a piece into quarantine for ten minutes") {
  poison_table uut;
  time_point now{1h};
  CHECK_FALSE(uut.on_death(poison, now));
  CHECK_FALSE(uut.is_quarantined(poison, now));
  CHECK(uut.on_death(poison, now + 1min));
  CHECK(uut.is_quarantined(poison, now + 10min));
  CHECK_FALSE(uut.is_quarantined(bread, now + 10min));
  CHECK_FALSE(uut.is_quarantined(poison, now + 11min));
  CHECK(uut.empty());
}

TEST_CASE("two deaths more than ten minutes apart are two accidents") {
  poison_table uut;
  time_point now{1h};
  uut.on_death(poison, now);
  CHECK_FALSE(uut.on_death(poison, now + 10min));
}

TEST_CASE("a piece that is answered well several times was not to blame") {
  poison_table uut;
  time_point now{1h};
  uut.on_death(bread, now);
  for (std::uint32_t i = 0; i < poison_table::good_answers; ++i)
    uut.on_answer(bread, now);
  CHECK(uut.empty());
  CHECK_FALSE(uut.on_death(bread, now));
}

TEST_CASE("an answer from before the second death lifts no quarantine") {
  poison_table uut;
  time_point now{1h};
  uut.on_death(poison, now);
  uut.on_death(poison, now);
  for (int i = 0; i < 100; ++i)
    uut.on_answer(poison, now);
  CHECK(uut.is_quarantined(poison, now));
}

TEST_CASE("the same bytes for another backend are another piece") {
  CHECK(fingerprint_of("a", "x") == fingerprint_of("a", "x"));
  CHECK(fingerprint_of("a", "x") != fingerprint_of("b", "x"));
  CHECK(fingerprint_of("a", "x") != fingerprint_of("x", "a"));
  CHECK(fingerprint_of("a", "x") != fingerprint_of("a", "y"));
}

TEST_CASE("a flood of suspects forgets the oldest and never grows beyond") {
  poison_table uut;
  time_point now{1h};
  for (std::uint64_t i = 0; i < 2 * poison_table::size_max; ++i)
    uut.on_death({i * 0x9e3779b97f4a7c15u, i}, now += 1ms);
  // The newest are known: another death of each is the second.
  for (auto i = poison_table::size_max; i < 2 * poison_table::size_max; ++i)
    CHECK(uut.on_death({i * 0x9e3779b97f4a7c15u, i}, now));
}

TEST_CASE("at most two deaths in ten minutes, whatever comes in whatever "
          "order") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    poison_table uut;
    time_point now{1h};
    std::map<std::uint64_t, std::vector<time_point>> deaths;
    for (int step = 0; step < 2000; ++step) {
      now += std::chrono::milliseconds{random.below(5000)};
      // Odd pieces kill, even ones are sometimes near when something dies.
      auto id = random.below(40);
      fingerprint piece{id * 0x9e3779b97f4a7c15u, 1};
      if (uut.is_quarantined(piece, now))
        continue;
      if (id % 2 == 1 || random.below(50) == 0) {
        uut.on_death(piece, now);
        if (id % 2 == 1)
          deaths[id].push_back(now);
      } else {
        uut.on_answer(piece, now);
      }
    }
    for (auto& [id, times] : deaths)
      for (std::size_t i = 2; i < times.size(); ++i)
        CHECK(times[i] - times[i - 2] >= 10min);
  }
}
