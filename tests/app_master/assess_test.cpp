// Goal: what backends and applications are said to be, and when a release is
// given up. Method: the core with a virtual clock and a node that does what it
// is told.
#include "app_master/app_master_rig.hpp"

#include <map>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a release is given up when no worker of a backend starts, or when "
          "one fails again and again") {
  app_master_rig rig;
  auto spec = sample_spec();
  spec.backends[0].workers = 12;
  spec.backends[0].start_failures = 5;
  std::map<worker_id, int> starts;
  auto all = 0;
  SUBCASE("no worker starts") {
    rig.start_fails = [&](const worker_order& order) {
      return order.backend == "back" ? ++all, "no luck" : "";
    };
    rig.command(deploy_release{spec});
    rig.pass(10s);
    CHECK(rig.status().state == app_state::deploy_failed);
    CHECK(says(rig.status().message, "times in a row"));
    // The others were on their way when it was decided.
    CHECK(all >= 5);
    CHECK(all <= 24);
  }
  SUBCASE("one worker never starts") {
    rig.start_fails = [&](const worker_order& order) {
      auto bad = order.backend == "back" && order.key.id.value % 12 == 5;
      starts[order.key.id] += bad;
      return bad ? "no luck" : "";
    };
    rig.command(deploy_release{spec});
    rig.pass(10s);
    CHECK(rig.status().state == app_state::deploy_failed);
    CHECK(says(rig.status().message, "failed to start 5 times in a row"));
    CHECK(starts.at(worker_id{5}) == 5);
  }
  SUBCASE("every second start fails, which is more than five") {
    rig.start_fails = [&](const worker_order& order) {
      return order.backend == "back" && ++all % 2 == 0 ? "no luck" : "";
    };
    rig.command(deploy_release{spec});
    rig.pass(10s);
    CHECK(rig.status().state == app_state::running);
    CHECK(all > 12 + 5);
  }
}

TEST_CASE("a release has its time anew with each worker that gets ready") {
  app_master_rig rig;
  rig.options.queue_max = 1h;
  rig.restart();
  rig.lazy = true;
  auto spec = sample_spec();
  spec.backends[0].workers = 3;
  rig.command(deploy_release{spec});
  rig.settle();
  for (const auto& [key, body] : rig.bodies)
    rig.inbox.push_back(worker_delayed{key, "others start"});
  for (auto key : rig.bodies_of("back")) {
    rig.pass(5min);
    rig.finish(key);
    rig.settle();
  }
  rig.finish(rig.bodies_of("front").front());
  rig.settle();
  CHECK(rig.status().state == app_state::running);
}

TEST_CASE("backends tell how they do") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto back = [&] { return rig.status().backends.at(0).state; };
  CHECK(back() == backend_state::healthy);
  rig.lazy = true;
  rig.command(scale_backend{"back", 3});
  rig.settle();
  CHECK(back() == backend_state::upscaling);
  rig.finish(rig.bodies_of("back").at(2));
  rig.settle();
  CHECK(back() == backend_state::healthy);
  rig.command(scale_backend{"back", 2});
  rig.settle();
  CHECK(back() == backend_state::downscaling);
  CHECK(rig.status().state == app_state::running);
  rig.crash_body(rig.bodies_of("back").at(0));
  rig.settle();
  CHECK(back() == backend_state::unhealthy);
  CHECK(rig.status().state == app_state::unhealthy);
}

TEST_CASE("an application that goes back says to what and why") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  for (int i = 0; i < 3; ++i) {
    rig.pass(5s);
    if (i == 2)
      rig.lazy = true;
    for (auto key : rig.bodies_of("back", {2}))
      rig.crash_body(key);
    rig.settle();
  }
  CHECK(says(rig.status().message, "rolling back to what release 1 was"));
  CHECK(says(rig.status().message, "killed by signal 9"));
}
