// Goal: what a dispatcher promises about placing pieces and ending maps.
// Method: workers that answer on command, a clock under the test's hand, and a
// seeded run of random events against the promises as invariants.

#include "dispatcher/dispatcher.hpp"

#include "dispatcher/call_numbers.hpp"
#include "dispatcher/fake_workers.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::literals;

namespace {

struct fixture {
  fake_workers workers;
  poison_table poison;
  dispatcher subject{0, 1, workers, poison};
  time_point now{1h};
  time_point deadline{2h};
  /// What a call keeps its worker busy.
  duration took = 1us;

  explicit fixture(std::uint64_t count = 1, bool idempotent = false,
                   std::uint32_t queue = 1024) {
    subject.add_backend("leaf", queue, idempotent);
    for (std::uint64_t id = 1; id <= count; ++id)
      subject.add_worker("leaf", {worker_id{id}, 1, locality::loop});
  }

  void answer_all() {
    for (auto progress = true; progress;) {
      progress = false;
      for (auto& [id, calls] : workers.calls)
        if (!calls.empty()) {
          now += 1us;
          subject.results({id}, workers.answer(id, calls.size()), took, now);
          progress = true;
        }
    }
  }

  errc code_of(map_id map, std::size_t piece) {
    return workers.done_maps.at(map.value).at(piece).code.value();
  }
};

} // namespace

TEST_CASE("results come in the order of the pieces, whoever answers first") {
  for (std::uint64_t count : {1, 3, 64}) {
    fixture f{count};
    auto map = f.subject.begin(make_map(1000, f.deadline), f.now);
    f.answer_all();
    auto& outcomes = f.workers.done_maps.at(map.value);
    REQUIRE(outcomes.size() == 1000);
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      CHECK(outcomes[i] == outcome::success(std::to_string(i)));
  }
}

TEST_CASE("messages cost per worker, not per piece, once work is fast") {
  fixture f{8};
  f.subject.begin(make_map(1000, f.deadline), f.now);
  f.answer_all();
  f.workers.sends = 0;
  f.subject.begin(make_map(1000, f.deadline), f.now);
  f.answer_all();
  CHECK(f.workers.sends < 100);
}

TEST_CASE("an idle worker gets work before a busy one gets more") {
  fixture f{4};
  f.subject.begin(make_map(4, f.deadline), f.now);
  for (std::uint64_t id = 1; id <= 4; ++id)
    CHECK(f.workers.calls[id].size() == 1);
}

TEST_CASE("slow work is not sent ahead: whoever is done first takes the rest") {
  fixture f{2};
  f.took = 10ms;
  f.subject.begin(make_map(2, f.deadline), f.now);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  f.subject.results({2}, f.workers.answer(2, 1), f.took, f.now);
  auto map = f.subject.begin(make_map(10, f.deadline), f.now);
  for (int i = 0; i < 9; ++i) {
    CHECK(f.workers.calls[1].size() == 1);
    f.now += 10ms;
    f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  }
  CHECK(f.workers.calls[2].size() == 1);
  CHECK_FALSE(f.workers.done_maps.contains(map.value));
  f.subject.results({2}, f.workers.answer(2, 1), f.took, f.now);
  CHECK(f.workers.done_maps.contains(map.value));
}

TEST_CASE("pieces of high priority go before those of low priority") {
  fixture f;
  f.subject.begin(make_map(1, f.deadline), f.now);
  auto low = make_map(1, f.deadline);
  auto context = std::make_shared<request_context>(*low.context);
  context->priority = priority::low;
  low.context = std::move(context);
  auto later = f.subject.begin(std::move(low), f.now);
  auto first = f.subject.begin(make_map(1, f.deadline + 1s), f.now);
  for (int i = 0; i < 2; ++i)
    f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now += 1h / 4);
  CHECK(f.workers.done_maps.contains(first.value));
  CHECK_FALSE(f.workers.done_maps.contains(later.value));
}

TEST_CASE("a single piece stays on its loop while a near worker is free") {
  fake_workers workers;
  poison_table poison;
  dispatcher subject{0, 1, workers, poison};
  subject.add_backend("leaf", 10, false);
  time_point now{1h};
  subject.add_worker("leaf", {worker_id{1}, 1, locality::node});
  subject.add_worker("leaf", {worker_id{2}, 2, locality::loop});
  for (int i = 0; i < 3; ++i)
    subject.begin(make_map(1, now + 1h), now);
  CHECK(workers.calls[2].size() == 2);
  CHECK(workers.calls[1].size() == 1);
}

TEST_CASE("waiting work is placed deeper first, then by deadline") {
  fixture f{1};
  f.took = 10ms;
  f.subject.begin(make_map(1, f.deadline), f.now);
  f.subject.begin(make_map(1, f.deadline), f.now);
  f.subject.begin(make_map(1, f.deadline - 1s), f.now);
  auto deep = f.subject.begin(make_map(1, f.deadline, 2), f.now);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  REQUIRE(f.workers.calls[1].size() == 1);
  CHECK(call_number::unpack(f.workers.calls[1].front().id).map == deep.value);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  CHECK(f.workers.calls[1].front().context->deadline == f.deadline - 1s);
}

TEST_CASE("a quorum is done when it is reached and cancels the rest") {
  fixture f{4};
  auto request = make_map(4, f.deadline);
  request.policy = map_policy::quorum;
  request.quorum = 2;
  auto map = f.subject.begin(std::move(request), f.now);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  CHECK(f.workers.done_maps.empty());
  f.subject.results({2}, f.workers.answer(2, 1), f.took, f.now);
  auto& outcomes = f.workers.done_maps.at(map.value);
  CHECK(std::ranges::count_if(outcomes, &outcome::ok) == 2);
  CHECK(f.workers.cancelled.size() == 2);
}

TEST_CASE("a quorum that became impossible is done") {
  fixture f{3};
  auto request = make_map(3, f.deadline);
  request.policy = map_policy::quorum;
  request.quorum = 3;
  auto map = f.subject.begin(std::move(request), f.now);
  f.subject.worker_died({1}, f.now);
  CHECK(f.workers.done_maps.contains(map.value));
}

TEST_CASE("best-by and the deadline end a map with what has come") {
  fixture f{2};
  auto request = make_map(2, f.deadline);
  request.policy = map_policy::best_by;
  request.best_by = f.now + 5ms;
  auto map = f.subject.begin(std::move(request), f.now);
  CHECK(f.subject.next_expiry() == f.now + 5ms);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  f.subject.expire(f.now + 4ms);
  CHECK(f.workers.done_maps.empty());
  f.subject.expire(f.now + 5ms);
  auto& outcomes = f.workers.done_maps.at(map.value);
  CHECK(std::ranges::count_if(outcomes, &outcome::ok) == 1);
  CHECK(f.workers.cancelled.size() == 1);
}

TEST_CASE("a dead worker's calls fail, saying that they may have run") {
  fixture f{2};
  auto map = f.subject.begin(make_map(2, f.deadline), f.now);
  f.subject.worker_died({1}, f.now);
  f.subject.results({2}, f.workers.answer(2, 1), f.took, f.now);
  auto& outcomes = f.workers.done_maps.at(map.value);
  auto dead = std::ranges::find_if(outcomes, [](auto& x) { return !x.ok(); });
  REQUIRE(dead != outcomes.end());
  CHECK(dead->code == errc::worker_died);
  CHECK(dead->maybe_executed);
}

TEST_CASE("an idempotent backend's calls move to another worker, once") {
  fixture f{3, true};
  auto map = f.subject.begin(make_map(1, f.deadline), f.now);
  for (int deaths = 0; deaths < 2; ++deaths) {
    CHECK(f.workers.done_maps.empty());
    for (auto& [id, calls] : f.workers.calls)
      if (!calls.empty()) {
        calls.clear();
        f.subject.worker_died({id}, f.now);
        break;
      }
  }
  CHECK(f.code_of(map, 0) == errc::worker_died);
}

TEST_CASE("what a worker was stopped with is made again if it may be") {
  for (bool idempotent : {false, true})
    for (bool begun : {false, true}) {
      CAPTURE(idempotent);
      CAPTURE(begun);
      fixture f{2, idempotent};
      auto map = f.subject.begin(make_map(1, f.deadline), f.now);
      std::uint64_t first = f.workers.calls[1].empty() ? 2 : 1;
      auto call = f.workers.calls[first].front().id;
      f.workers.calls[first].clear();
      f.subject.drain_worker({first}, f.now);
      f.subject.results(
        {first}, {{call, outcome::failure(errc::cancelled, "", begun)}}, 1us,
        f.now);
      if (begun && !idempotent)
        CHECK(f.code_of(map, 0) == errc::worker_died);
      else
        CHECK(f.workers.calls[3 - first].size() == 1);
    }
}

TEST_CASE("where no worker was a map fails at once") {
  fixture none{0};
  auto refused = none.subject.begin(make_map(1, none.deadline), none.now);
  CHECK(none.code_of(refused, 0) == errc::no_worker);
}

TEST_CASE("without its last worker a map waits a moment for another") {
  fixture f{1};
  auto before = f.subject.begin(make_map(5, f.deadline), f.now);
  f.subject.worker_died({1}, f.now);
  auto after = f.subject.begin(make_map(1, f.deadline), f.now);
  CHECK(f.workers.done_maps.empty());
  SUBCASE("one comes") {
    f.subject.add_worker("leaf", {{2}, 8, locality::loop});
    CHECK(f.workers.calls[2].size() > 0);
    CHECK(!f.workers.done_maps.contains(after.value));
  }
  SUBCASE("none comes") {
    f.now += backend_pool::vacancy_max + outlier_limits::review_period;
    f.subject.expire(f.now);
    CHECK(f.workers.done_maps.at(before.value).size() == 5);
    CHECK(f.code_of(after, 0) == errc::no_worker);
    auto late = f.subject.begin(make_map(1, f.deadline), f.now);
    CHECK(f.code_of(late, 0) == errc::no_worker);
  }
}

TEST_CASE("more than the queues hold is refused as overload") {
  fixture f{2, false, 3};
  auto map = f.subject.begin(make_map(20, f.deadline), f.now);
  f.answer_all();
  auto& outcomes = f.workers.done_maps.at(map.value);
  CHECK(std::ranges::count_if(outcomes, &outcome::ok) == 2 + 2 * 3);
  CHECK(std::ranges::count(outcomes, errc::overload, &outcome::code) == 12);
}

TEST_CASE("in a full queue high priority takes the places of low priority") {
  fixture f{1, false, 4};
  auto running = f.subject.begin(make_map(1, f.deadline), f.now);
  auto low = [&](std::size_t pieces) {
    return f.subject.begin(
      make_map(pieces, f.deadline, 0, "leaf", priority::low), f.now);
  };
  auto old_low = low(2);
  auto new_low = low(2);
  auto refused = low(1);
  CHECK(f.code_of(refused, 0) == errc::overload);
  auto high = f.subject.begin(make_map(3, f.deadline), f.now);
  CHECK(f.code_of(new_low, 0) == errc::overload);
  CHECK(f.code_of(new_low, 1) == errc::overload);
  CHECK_FALSE(f.workers.done_maps.contains(old_low.value));
  auto more = f.subject.begin(make_map(3, f.deadline), f.now);
  f.answer_all();
  // One of the first low map's pieces, then none of low priority is left.
  CHECK(f.code_of(old_low, 0) == errc::overload);
  auto& answers = f.workers.done_maps;
  CHECK(std::ranges::all_of(answers.at(running.value), &outcome::ok));
  CHECK(std::ranges::all_of(answers.at(high.value), &outcome::ok));
  CHECK(std::ranges::count_if(answers.at(more.value), &outcome::ok) == 1);
}

TEST_CASE("the time to queue is told by what waits and how fast it goes") {
  fixture f{2};
  f.took = 10ms;
  auto queueing = [&](priority of) { return f.subject.queueing(of); };
  auto one = [&](priority of) {
    f.subject.begin(make_map(1, f.deadline, 0, "leaf", of), f.now);
  };
  for (int i = 0; i < 4; ++i)
    one(priority::high);
  // Nothing is known of the workers yet.
  CHECK(queueing(priority::high) == 0ms);
  f.answer_all();
  CHECK(queueing(priority::low) == 0ms);
  for (int i = 0; i < 2 + 6; ++i)
    one(i < 2 + 4 ? priority::high : priority::low);
  // Two run; four and two wait for two workers that take 10 ms each.
  CHECK(queueing(priority::high) == 20ms);
  CHECK(queueing(priority::low) == 30ms);
  f.answer_all();
  CHECK(queueing(priority::low) == 0ms);
}

TEST_CASE("a backend that few requests reach delays few requests") {
  fixture f{1};
  f.took = 10ms;
  f.subject.add_backend("rare", 1024, false);
  f.subject.add_worker("rare", {worker_id{50}, 1, locality::loop});
  for (int i = 0; i < 10; ++i) {
    f.subject.begin(make_map(1, f.deadline), f.now);
    f.answer_all();
  }
  f.subject.begin(make_map(1, f.deadline, 1, "rare"), f.now);
  f.answer_all();
  for (int i = 0; i < 1 + 5; ++i)
    f.subject.begin(make_map(1, f.deadline, 1, "rare"), f.now);
  // 50 ms wait there, for 7 of 10 requests.
  CHECK(f.subject.queueing(priority::high) == 35ms);
  for (int i = 0; i < 90; ++i) {
    f.subject.begin(make_map(1, f.deadline), f.now);
    f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  }
  CHECK(f.subject.queueing(priority::high) == 3500us);
}

TEST_CASE("a call that waits for a map leaves its slot to what it waits for") {
  fixture f{1};
  auto outer = f.subject.begin(make_map(1, f.deadline), f.now);
  auto first = f.workers.answer(1, 1);
  auto inner = f.subject.begin(make_map(1, f.deadline, 1), f.now);
  CHECK(f.workers.calls[1].empty());
  f.subject.add_suspended({1}, 1);
  CHECK(f.workers.calls[1].size() == 1);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  CHECK(f.workers.done_maps.contains(inner.value));
  f.subject.add_suspended({1}, -1);
  f.subject.results({1}, std::move(first), f.took, f.now);
  CHECK(f.workers.done_maps.contains(outer.value));
}

TEST_CASE("a draining worker gets nothing new and finishes what it has") {
  fixture f{2};
  auto map = f.subject.begin(make_map(2, f.deadline), f.now);
  f.subject.drain_worker({1}, f.now);
  f.subject.begin(make_map(10, f.deadline), f.now);
  CHECK(f.workers.calls[1].size() == 1);
  f.subject.results({1}, f.workers.answer(1, 1), f.took, f.now);
  f.subject.results({2}, f.workers.answer(2, 1), f.took, f.now);
  CHECK(f.workers.done_maps.contains(map.value));
  CHECK(f.subject.in_flight({1}) == 0);
}

TEST_CASE("unknown backends and too deep nesting are refused") {
  fixture f;
  auto unknown = f.subject.begin(make_map(1, f.deadline, 0, "x"), f.now);
  CHECK(f.code_of(unknown, 0) == errc::bad_request);
  auto deep = f.subject.begin(make_map(1, f.deadline, max_depth + 1), f.now);
  CHECK(f.code_of(deep, 0) == errc::bad_request);
}

TEST_CASE("whatever happens, every map is done once and nothing is left over") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    fixture f{1 + random.below(5), random.below(2) == 0, 5 + random.below(50)};
    std::uint64_t next_worker = 100;
    std::set<std::uint64_t> alive;
    for (auto id = 1u; id <= 5; ++id)
      alive.insert(id);
    std::set<std::uint64_t> begun;
    std::set<std::uint64_t> ended;
    for (int step = 0; step < 300; ++step) {
      f.now += std::chrono::microseconds{random.below(3000)};
      switch (random.below(8)) {
        case 0:
        case 1: {
          auto request = make_map(random.below(30), f.now + 20ms,
                                  random.below(3));
          request.policy = static_cast<map_policy>(random.below(3));
          request.quorum = random.below(30);
          request.best_by = f.now + 5ms;
          if (random.below(2) == 0) {
            auto low = *request.context;
            low.priority = priority::low;
            request.context = std::make_shared<const request_context>(low);
          }
          begun.insert(f.subject.begin(std::move(request), f.now).value);
          break;
        }
        case 2:
          if (!begun.empty() && random.below(4) == 0) {
            auto map = *begun.begin();
            if (!f.workers.done_maps.contains(map))
              ended.insert(map);
            f.subject.end({map});
            begun.erase(map);
          }
          break;
        case 3: {
          auto id = ++next_worker;
          if (alive.size() < 8) {
            f.subject.add_worker("leaf", {worker_id{id}, 1 + random.below(3),
                                          locality{static_cast<std::uint8_t>(
                                            random.below(4))}});
            alive.insert(id);
          }
          break;
        }
        case 4:
          if (!alive.empty() && random.below(4) == 0) {
            auto id = *alive.begin();
            alive.erase(id);
            if (random.below(2) == 0) {
              f.workers.calls.erase(id);
              f.subject.worker_died({id}, f.now);
            } else {
              f.subject.drain_worker({id}, f.now);
            }
          }
          break;
        case 5:
          f.subject.expire(f.now);
          break;
        default:
          for (auto& [id, calls] : f.workers.calls)
            if (!calls.empty() && random.below(2) == 0)
              f.subject.results(
                {id}, f.workers.answer(id, 1 + random.below(4)), f.took, f.now);
      }
    }
    f.now += 1h;
    f.subject.expire(f.now);
    f.answer_all();
    for (auto map : begun)
      CHECK(f.workers.done_maps.contains(map));
    for (auto map : ended)
      CHECK_FALSE(f.workers.done_maps.contains(map));
    for (auto id : alive)
      CHECK(f.subject.in_flight({id}) == 0);
    // Ejected workers come back, and then there is nothing left to wait for.
    for (int i = 0; i < 10'000 && f.subject.next_expiry(); ++i)
      f.subject.expire(f.now = *f.subject.next_expiry());
    CHECK_FALSE(f.subject.next_expiry());
  }
}
