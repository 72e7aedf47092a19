// Goal: supervision converges when crashes stop, restarts no more often than it
// may, and waits for nothing without an end. Method: an application whose
// workers crash, hang, fail to start and fall ill by chance, from a seed, for
// minutes of virtual time.
#include "app_master/app_master_rig.hpp"

#include <vector>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// How bad a run is, in per cent.
struct weather {
  std::uint32_t start_fails;
  std::uint32_t body_dies;
};

class stormy_app {
public:
  stormy_app(std::uint64_t seed, weather how)
    : random_(seed), how_(how), rig_(seed) {
    spec_.backends[0].workers = 20;
    rig_.command(deploy_release{spec_});
    rig_.settle();
    REQUIRE(rig_.status().state == app_state::running);
    rig_.start_fails = [this](const worker_order& order) {
      if (order.backend == "back")
        starts_.push_back({rig_.now, order.key.id});
      return random_.below(100) < how_.start_fails ? "no luck" : "";
    };
  }

  void storm(std::chrono::seconds span) {
    auto end = rig_.now + span;
    while (rig_.now < end) {
      rig_.pass(std::chrono::milliseconds{200});
      for (auto key : rig_.bodies_of("back"))
        hurt(key);
      check_deadlines();
    }
  }

  void calm() {
    rig_.start_fails = [](const worker_order&) { return std::string{}; };
    // Whoever waits, waits for its back-off at most.
    rig_.pass(rig_.options.back_off_max + rig_.options.restart_period + 10s);
    check_deadlines();
    CHECK(rig_.status().state == app_state::running);
    CHECK(rig_.bodies_of("back").size() == 20);
    for (const auto& backend : rig_.status().backends)
      CHECK(backend.state == backend_state::healthy);
  }

  /// Over any minute: a burst, and what refills meanwhile.
  void check_restarts_of_backend() const {
    auto burst = rig_.options.restart_burst + 20;
    auto bound = burst + burst * (1min / rig_.options.restart_period);
    for (std::size_t i = 0; i + bound < starts_.size(); ++i)
      CHECK(starts_[i + bound].at - starts_[i].at >= 1min);
  }

  /// A worker that never gets ready: 100 ms, 200 ms, … 30 s, each up to a half
  /// shorter.
  void check_restarts_of_each_worker() const {
    std::map<worker_id, std::vector<time_point>> by_worker;
    for (const auto& each : starts_)
      by_worker[each.who].push_back(each.at);
    constexpr std::size_t bound = 13;
    for (const auto& [who, at] : by_worker)
      for (std::size_t i = 0; i + bound < at.size(); ++i)
        CHECK(at[i + bound] - at[i] >= 1min);
  }

private:
  void hurt(worker_key key) {
    if (random_.below(100) >= how_.body_dies)
      return;
    switch (random_.below(4)) {
      case 0:
        rig_.inbox.push_back(
          worker_unhealthy{key, "falls ill", random_.below(2) == 0});
        break;
      case 1:
        rig_.inbox.push_back(worker_outgrown{key, "takes too much"});
        break;
      default:
        rig_.crash_body(key);
    }
  }

  void check_deadlines() {
    for (const auto& [id, worker] : rig_.core->observed().workers.all()) {
      const auto& row = worker_cycle().row_of(worker.state);
      CAPTURE(row.name);
      CHECK((worker.due == never) == row.limit.empty());
      // Nothing that was due is left behind.
      CHECK(worker.due > rig_.now);
    }
  }

  struct start {
    time_point at;
    worker_id who;
  };

  random_source random_;
  weather how_;
  app_spec spec_ = sample_spec();
  app_master_rig rig_;
  std::vector<start> starts_;
};

} // namespace

TEST_CASE("an application is whole again when its crashes stop, whatever they "
          "were") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (auto how : {weather{0, 1}, weather{50, 5}, weather{100, 100}}) {
      CAPTURE(seed);
      CAPTURE(how.start_fails);
      stormy_app app{seed, how};
      app.storm(90s);
      app.calm();
    }
}

TEST_CASE("workers of a backend restart no more often than their limit") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (auto how : {weather{0, 100}, weather{50, 100}}) {
      CAPTURE(seed);
      CAPTURE(how.start_fails);
      stormy_app app{seed, how};
      app.storm(3min);
      app.check_restarts_of_backend();
    }
}

TEST_CASE("a worker that cannot start tries about every thirty seconds") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    stormy_app app{seed, {100, 100}};
    app.storm(5min);
    app.check_restarts_of_each_worker();
  }
}
