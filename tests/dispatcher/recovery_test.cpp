// Goal: what becomes of pieces whose workers die, fall silent or refuse them.
// Method: workers that answer on command, a clock under the test's hand, and
// seeded runs of random events.

#include "dispatcher/call_numbers.hpp"
#include "dispatcher/dispatcher.hpp"
#include "dispatcher/fake_workers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace serval;
using namespace std::literals;

namespace {

struct fixture {
  fake_workers workers;
  poison_table poison;
  dispatcher subject{0, 1, workers, poison};
  time_point now{1h};
  time_point deadline{2h};

  explicit fixture(std::uint64_t count, bool idempotent) {
    subject.add_backend("leaf", 1000, idempotent);
    for (std::uint64_t id = 1; id <= count; ++id)
      subject.add_worker("leaf", {worker_id{id}, 1, locality::loop});
  }

  /// The worker that has a call.
  std::uint64_t busy_one() {
    for (auto& [id, calls] : workers.calls)
      if (!calls.empty())
        return id;
    return 0;
  }

  void kill(std::uint64_t id, std::vector<call_id> received) {
    workers.calls.erase(id);
    subject.worker_died({id}, now, received);
  }

  /// A worker dies of the only call that it has.
  void die_of_call(std::uint64_t id) {
    auto call = workers.calls.at(id).front();
    poison.on_death(fingerprint_of("leaf", call.request.bytes), now);
    kill(id, {call.id});
  }

  errc code_of(map_id map) {
    return workers.done_maps.at(map.value).at(0).code.value();
  }

  bool is_done(map_id map) {
    return workers.done_maps.contains(map.value);
  }

  std::uint64_t sum(std::uint64_t backend_counters::* which) {
    std::uint64_t all = 0;
    subject.for_each_backend([&](auto, auto& each) { all += each.*which; });
    return all;
  }
};

} // namespace

TEST_CASE("what never began is sent again, also if it is not idempotent") {
  fixture f{2, false};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  f.kill(f.busy_one(), {});
  REQUIRE_FALSE(f.is_done(map));
  auto other = f.busy_one();
  f.subject.results({other}, f.workers.answer(other, 1), 1ms, f.now);
  CHECK(f.workers.done_maps.at(map.value).at(0).ok());
  CHECK(f.sum(&backend_counters::retries) == 1);
}

TEST_CASE("what may have begun fails if it is not idempotent") {
  fixture f{2, false};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  auto id = f.busy_one();
  f.kill(id, f.workers.ids_at(id));
  CHECK(f.code_of(map) == errc::worker_died);
  CHECK(f.workers.done_maps.at(map.value).at(0).maybe_executed);
}

TEST_CASE("a call that was refused before it began goes to another worker") {
  fixture f{2, false};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  auto id = f.busy_one();
  auto results = f.workers.answer(id, 1);
  results.front().what = outcome::failure(errc::overload, "full");
  f.subject.results({id}, std::move(results), 1ms, f.now);
  REQUIRE_FALSE(f.is_done(map));
  auto other = f.busy_one();
  f.subject.results({other}, f.workers.answer(other, 1), 1ms, f.now);
  CHECK(f.workers.done_maps.at(map.value).at(0).ok());
}

TEST_CASE("no piece is sent more than three times") {
  fixture f{1, true};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  int tries = 0;
  while (!f.is_done(map)) {
    ++tries;
    auto results = f.workers.answer(1, 1);
    results.front().what = outcome::failure(errc::overload, "full");
    f.subject.results({1}, std::move(results), 1ms, f.now);
  }
  CHECK(tries == 3);
  CHECK(f.code_of(map) == errc::overload);
}

TEST_CASE("nothing is retried when less is left than a call takes") {
  fixture f{2, true};
  for (int i = 0; i < 40; ++i) {
    f.subject.begin(make_map(1, f.deadline), f.now);
    auto id = f.busy_one();
    f.now += 100ms;
    f.subject.expire(f.now);
    f.subject.results({id}, f.workers.answer(id, 1), 1ms, f.now);
  }
  f.subject.expire(f.now += 100ms);
  auto late = f.subject.begin(make_map(1, f.now + 50ms), f.now);
  auto id = f.busy_one();
  f.kill(id, f.workers.ids_at(id));
  CHECK(f.code_of(late) == errc::worker_died);
}

TEST_CASE("a silent worker's calls go to others and are told to end") {
  fixture f{3, true};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  auto id = f.busy_one();
  auto call = f.workers.ids_at(id).front();
  f.subject.worker_silent({id}, true, f.now);
  CHECK(f.workers.cancelled.contains(call.value));
  auto late = f.workers.answer(id, 1);
  auto other = f.busy_one();
  CHECK(other != id);
  f.subject.results({other}, f.workers.answer(other, 1), 1ms, f.now);
  CHECK(f.workers.done_maps.at(map.value).at(0).ok());
  // The silent one comes to and answers what nobody asks any more.
  f.subject.worker_silent({id}, false, f.now);
  f.subject.results({id}, std::move(late), 1ms, f.now);
  CHECK(f.subject.in_flight({id}) == 0);
}

TEST_CASE("a silent worker keeps what is not idempotent until the deadline") {
  fixture f{3, false};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  f.subject.worker_silent({f.busy_one()}, true, f.now);
  CHECK_FALSE(f.is_done(map));
  f.subject.expire(f.deadline);
  CHECK(f.code_of(map) == errc::deadline_exceeded);
}

TEST_CASE("a piece that kills its worker meets one other and is then poison") {
  fixture f{4, true};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  f.die_of_call(f.busy_one());
  REQUIRE_FALSE(f.is_done(map));
  f.die_of_call(f.busy_one());
  CHECK(f.code_of(map) == errc::poison);
  CHECK(f.busy_one() == 0);
  auto again = f.subject.begin(make_map(1, f.deadline), f.now);
  CHECK(f.code_of(again) == errc::poison);
  CHECK(f.busy_one() == 0);
  // Ten minutes later it may show that it has changed.
  f.now += 11min;
  f.subject.begin(make_map(1, f.deadline), f.now);
  CHECK(f.busy_one() != 0);
}

TEST_CASE("a client that sends again what kills workers kills two at most") {
  fixture f{4, false};
  for (int i = 0; i < 2; ++i) {
    f.subject.begin(make_map(1, f.deadline), f.now);
    f.die_of_call(f.busy_one());
  }
  auto third = f.subject.begin(make_map(1, f.deadline), f.now);
  CHECK(f.code_of(third) == errc::poison);
  CHECK(f.sum(&backend_counters::poisoned) == 1);
}

TEST_CASE("of a map with poison only the poison is not done") {
  fixture f{2, false};
  auto seven = fingerprint_of("leaf", "7");
  f.poison.on_death(seven, f.now);
  f.poison.on_death(seven, f.now);
  auto map = f.subject.begin(make_map(20, f.deadline), f.now);
  while (auto id = f.busy_one())
    f.subject.results({id}, f.workers.answer(id, 1), 1ms, f.now += 1ms);
  auto& outcomes = f.workers.done_maps.at(map.value);
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    CHECK(outcomes[i]
          == (i == 7 ? outcome::failure(errc::poison, outcomes[7].body)
                     : outcome::success(std::to_string(i))));
}

TEST_CASE("poison that waits when it is found out meets no worker") {
  fixture f{1, false};
  f.subject.begin(make_map(3, f.deadline), f.now);
  auto waiting = f.subject.begin(make_map(1, f.deadline), f.now);
  auto zero = fingerprint_of("leaf", "0");
  f.poison.on_death(zero, f.now);
  f.poison.on_death(zero, f.now);
  f.subject.results({1}, f.workers.answer(1, 1), 1ms, f.now);
  CHECK(f.code_of(waiting) == errc::poison);
}

TEST_CASE("whatever kills workers in whatever order, the promises hold") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    auto idempotent = random.below(2) == 0;
    fixture f{4, idempotent};
    std::uint64_t next = 100;
    std::map<std::uint64_t, int> runs; // By call: how often it began.
    std::map<std::string, int> deaths; // By body.
    std::uint64_t firsts = 0;
    std::vector<map_id> maps;
    for (int step = 0; step < 400; ++step) {
      f.now += std::chrono::microseconds{random.below(2000)};
      if (random.below(3) == 0) {
        auto request = make_map(0, f.now + 10s);
        for (auto count = 1 + random.below(4); count > 0; --count)
          request.pieces.push_back(
            payload::own("body-" + std::to_string(random.below(30))));
        firsts += request.pieces.size();
        maps.push_back(f.subject.begin(std::move(request), f.now));
      }
      auto id = f.busy_one();
      if (id == 0)
        continue;
      auto call = f.workers.calls[id].front();
      std::string body{call.request.bytes};
      if (f.workers.cancelled.contains(call.id.value)) {
        auto results = f.workers.answer(id, 1);
        results.front().what = outcome::failure(errc::cancelled, "");
        f.subject.results({id}, std::move(results), 1ms, f.now);
        continue;
      }
      if (random.below(20) == 0) {
        f.kill(id, {}); // From outside, before it read anything.
      } else if (body == "body-3" || body == "body-17") {
        ++runs[call.id.value];
        ++deaths[body];
        f.die_of_call(id);
      } else {
        ++runs[call.id.value];
        f.subject.results({id}, f.workers.answer(id, 1), 1ms, f.now);
        continue;
      }
      f.subject.add_worker("leaf", {worker_id{++next}, 1, locality::loop});
    }
    f.subject.expire(f.now += 1h);
    for (auto map : maps)
      CHECK(f.is_done(map));
    for (auto& [call, count] : runs)
      CHECK(count <= (idempotent ? 2 : 1));
    for (auto& [body, count] : deaths)
      CHECK(count <= 2);
    CHECK(f.sum(&backend_counters::retries)
          <= std::max<std::uint64_t>(10, firsts / 10));
  }
}
