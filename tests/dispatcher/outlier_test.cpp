// Goal: a worker that is worse than the others loses its calls soon and gets
// them back when it is well; workers that are alike keep theirs, however odd
// their calls are. Method: a dispatcher over workers in virtual time.

#include "dispatcher/outlier.hpp"

#include "dispatcher/simulated_workers.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

constexpr auto service = 10ms;

/// The share of new calls that a worker gets in the next `span`.
double share_of(simulated_workers& sim, std::uint64_t id, duration span,
                double rate, duration each = service) {
  auto own = sim.sent_to(id);
  auto all = sim.sent_to_all();
  sim.pass(span, rate, each);
  return static_cast<double>(sim.sent_to(id) - own)
         / static_cast<double>(sim.sent_to_all() - all);
}

} // namespace

TEST_CASE("a frozen worker is ejected within a second and comes back slowly") {
  simulated_workers sim{1, 4, 4, false};
  sim.pass(2s, 400, service);
  sim.workers[2].frozen = true;
  sim.pass(1s, 400, service);
  CHECK(sim.ejected() == 1);
  CHECK(share_of(sim, 2, 9s, 400) == 0);
  CHECK(sim.by_code.contains(errc::deadline_exceeded));
  sim.workers[2].frozen = false;
  std::size_t at_once = 0;
  sim.each_tick = [&] {
    if (sim.workers[2].sent == 0)
      return;
    at_once = std::max(at_once, sim.workers[2].queue.size()
                                  + sim.workers[2].running.size());
  };
  auto before = sim.sent_to(2);
  while (sim.sent_to(2) < before + 2)
    sim.pass(1ms, 400, service);
  CHECK(sim.workers[2].queue.size() + sim.workers[2].running.size() <= 2);
  CHECK(share_of(sim, 2, 5s, 400) > 0.15);
  CHECK(sim.ejected() == 0);
}

TEST_CASE("what a frozen worker had is done by others if that is allowed") {
  simulated_workers sim{2, 4, 4, true};
  sim.pass(2s, 400, service);
  sim.workers[2].frozen = true;
  sim.pass(10s, 400, service);
  sim.workers[2].frozen = false;
  sim.pass(5s, 400, service);
  CHECK(sim.bad == 0);
}

TEST_CASE("a worker that is ten times slower loses its share in five seconds") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    simulated_workers sim{seed, 4, 2, false};
    sim.pass(2s, 200, service);
    sim.workers[3].slowness = 10;
    sim.pass(5s, 200, service);
    CHECK(share_of(sim, 3, 10s, 200) < 0.02);
    sim.workers[3].slowness = 1;
    sim.pass(60s, 200, service);
    CHECK(share_of(sim, 3, 10s, 200) > 0.15);
    CHECK(sim.ejected() == 0);
  }
}

// As under a quota of the processor: what it begins as it wakes is done as soon
// as elsewhere, all else has to wait.
TEST_CASE("a worker that runs only now and then loses its share for good") {
  constexpr auto work = 5ms;
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (auto [awake, share_max] : {std::pair{10ms, 0.01}, {50ms, 0.05}}) {
      CAPTURE(seed);
      CAPTURE(awake.count());
      simulated_workers sim{seed, 4, 2, false};
      sim.pass(2s, 100, work);
      sim.each_tick = [&] {
        sim.workers[3].frozen = sim.now.time_since_epoch() % 100ms >= awake;
      };
      sim.pass(5s, 100, work);
      CHECK(share_of(sim, 3, 15s, 100, work) < share_max);
      sim.each_tick = nullptr;
      sim.workers[3].frozen = false;
      sim.pass(60s, 100, work);
      CHECK(share_of(sim, 3, 10s, 100, work) > 0.15);
    }
}

TEST_CASE("a worker that falls silent while it is ejected stays out") {
  simulated_workers sim{3, 4, 2, false};
  sim.pass(2s, 200, service);
  sim.workers[3].slowness = 10;
  for (int i = 0; i < 1000 && sim.ejected() == 0; ++i)
    sim.pass(10ms, 200, service);
  REQUIRE(sim.ejected() == 1);
  sim.workers[3].frozen = true;
  sim.pass(1s, 200, service);
  CHECK(share_of(sim, 3, 40s, 200) == 0);
}

TEST_CASE("a worker whose calls fail while those of others do not is ejected") {
  simulated_workers sim{4, 4, 2, false};
  sim.pass(2s, 200, service);
  sim.workers[1].failing = true;
  sim.pass(2s, 200, service);
  CHECK(sim.ejected() == 1);
  CHECK(share_of(sim, 1, 10s, 200) < 0.05);
  sim.workers[1].failing = false;
  sim.pass(60s, 200, service);
  CHECK(sim.ejected() == 0);
}

TEST_CASE("if all workers are slow or fail alike, none is ejected") {
  simulated_workers sim{5, 4, 2, false};
  sim.pass(2s, 100, service);
  for (auto& [id, each] : sim.workers) {
    each.slowness = 10;
    each.failing = true;
  }
  sim.each_tick = [&] { CHECK(sim.ejected() == 0); };
  sim.pass(20s, 60, service);
}

TEST_CASE("a hundredth of very long calls ejects hardly anybody") {
  simulated_workers sim{6, 4, 8, false};
  sim.spread = [&] { return sim.random.below(100) == 0 ? 200.0 : 1.0; };
  std::uint64_t ticks = 0;
  std::uint64_t with_ejected = 0;
  sim.each_tick = [&] {
    ++ticks;
    with_ejected += sim.ejected();
  };
  sim.pass(60s, 200, service, 10s);
  // Of four workers' time.
  CHECK(with_ejected * 100 <= 4 * ticks);
  CHECK(sim.bad == 0);
}

TEST_CASE("the last worker is never ejected, and never more than half") {
  simulated_workers one{7, 1, 2, false};
  one.pass(1s, 50, service);
  one.workers[1].frozen = true;
  one.pass(3s, 50, service);
  CHECK(one.ejected() == 0);
  simulated_workers five{8, 5, 2, false};
  five.pass(1s, 100, service);
  for (std::uint64_t id = 1; id <= 4; ++id)
    five.workers[id].frozen = true;
  five.pass(3s, 100, service);
  CHECK(five.ejected() == 2);
}

TEST_CASE("whatever happens, half of the workers are in and all come back") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    simulated_workers sim{seed, 2 + random_source{seed}.below(6), 3,
                          seed % 2 == 0};
    sim.each_tick = [&] { REQUIRE(2 * sim.ejected() <= sim.workers.size()); };
    std::uint64_t next = 100;
    for (int step = 0; step < 40; ++step) {
      auto at = sim.workers.begin();
      std::advance(at, sim.random.below(
                         static_cast<std::uint32_t>(sim.workers.size())));
      switch (sim.random.below(6)) {
        case 0:
          at->second.frozen = !at->second.frozen;
          break;
        case 1:
          at->second.slowness = sim.random.below(2) == 0 ? 1 : 10;
          break;
        case 2:
          at->second.failing = !at->second.failing;
          break;
        case 3:
          if (sim.workers.size() > 1)
            sim.kill(at->first);
          break;
        case 4:
          if (sim.workers.size() < 8) {
            sim.workers[++next] = {};
            sim.subject.add_worker("leaf",
                                   {worker_id{next}, 3, locality::loop});
          }
          break;
        default:
          break;
      }
      sim.pass(std::chrono::milliseconds{sim.random.below(800)}, 200, service,
               1s);
    }
    for (auto& [id, each] : sim.workers) {
      each.slowness = 1;
      each.frozen = each.failing = false;
    }
    sim.pass(70s, 200, service, 1s);
    CHECK(sim.ejected() == 0);
    auto good = sim.good;
    auto begun = sim.begun;
    sim.pass(1s, 100, service, 1s);
    CHECK(sim.good - good + 10 >= sim.begun - begun);
  }
}
