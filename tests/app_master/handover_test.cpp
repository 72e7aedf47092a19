// Goal: that an app_master is replaced changes nothing for those who fail.
// Method: one is replaced while its node lives on, at any step.
#include "app_master/handover.hpp"

#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// Lets time pass in steps of `every`, each with another app_master.
void pass_with_restarts(app_master_rig& rig, duration span, duration every) {
  for (auto end = rig.now + span; rig.now < end;) {
    rig.pass(every);
    rig.replace();
  }
  rig.settle();
}

std::int64_t served_version(const app_master_rig& rig) {
  return std::get<std::int64_t>(
    rig.core->desired().serving->spec->config.at("version"));
}

} // namespace

TEST_CASE("what crashes in a loop is started no faster by app_masters that are "
          "replaced") {
  auto starts_with = [](duration every) {
    app_master_rig rig;
    deploy_and_settle(rig);
    rig.pass(1min);
    auto starts = 0;
    rig.start_fails = [&](const worker_order& order) {
      starts += order.backend == "front";
      return order.backend == "front" ? "port 5432 refused" : "";
    };
    rig.crash_body(rig.bodies_of("front").front());
    pass_with_restarts(rig, 10min, every);
    CHECK(says(rig.status().message, "port 5432 refused; starts again in"));
    return starts;
  };
  auto undisturbed = starts_with(10min);
  CHECK(undisturbed > 10);
  for (auto every : {100ms, 1000ms, 7000ms}) {
    CAPTURE(every.count());
    CHECK(starts_with(every) <= undisturbed + 5);
  }
}

TEST_CASE("a failing worker keeps its id, its count of failures and its wait") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.start_fails = [](const worker_order& order) {
    return order.backend == "front" ? "no model" : "";
  };
  rig.crash_body(rig.bodies_of("front").front());
  rig.pass(10s);
  auto worker_of = [&] {
    auto status = rig.status();
    REQUIRE(status.backends.at(1).workers.size() == 1);
    return status.backends[1].workers[0];
  };
  auto before = worker_of();
  CHECK(before.state == "backing_off");
  rig.replace();
  rig.settle();
  auto after = worker_of();
  CHECK(after.id == before.id);
  CHECK(after.message == before.message);
  CHECK(after.restarts == before.restarts);
  rig.start_fails = [](const worker_order&) { return std::string{}; };
  rig.pass(rig.options.back_off_max);
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.left->failing.size() == 1);
  rig.pass(rig.options.stable_after);
}

TEST_CASE("what an app_master decided can be asked of the next one") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.crash_body(rig.bodies_of("front").front());
  rig.settle();
  auto before = rig.core->decisions(rig.now).value();
  REQUIRE(before.size() > 2);
  rig.replace();
  rig.settle();
  auto after = rig.core->decisions(rig.now).value();
  REQUIRE(after.size() > before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(after[i].number == before[i].number);
    CHECK(after[i].why == before[i].why);
  }
  CHECK(says(after.back().what, "workers as they are"));
  // Nor are they lost a second time, when nothing new was decided.
  rig.replace();
  rig.settle();
  CHECK(rig.core->decisions(rig.now).value().size() == after.size());
}

TEST_CASE("an end that no app_master heard of counts as a failure") {
  app_master_rig rig;
  deploy_and_settle(rig);
  for (int i = 0; i < 8; ++i) {
    rig.pass(rig.options.back_off_max);
    auto alive = rig.bodies_of("front");
    REQUIRE(alive.size() == 1);
    rig.crash_body(alive.front());
    // The first is heard of, so that there is something to remember.
    if (i > 0)
      rig.replace();
    rig.settle();
    rig.pass(0s);
    if (rig.bodies_of("front").empty())
      continue;
    // It had been stable, and may start at once; so it dies again at once.
    rig.crash_body(rig.bodies_of("front").front());
    rig.replace();
    rig.settle();
    CHECK(rig.bodies_of("front").empty());
  }
}

TEST_CASE("the trial of a release goes on, and it is taken back") {
  for (bool replaced : {false, true}) {
    app_master_rig rig;
    deploy_and_settle(rig, 1);
    deploy_and_settle(rig, 2);
    for (int i = 0; i < 3; ++i) {
      rig.pass(5s);
      for (auto key : rig.bodies_of("back", {2}))
        rig.crash_body(key);
      rig.settle();
      if (replaced)
        rig.replace();
    }
    rig.pass(1s);
    CHECK(served_version(rig) == 1);
    CHECK(rig.status().warnings.size() == 1);
    if (replaced)
      rig.replace();
    CHECK(rig.status().warnings.size() == 1);
  }
}

TEST_CASE("a trial ends at its time, whoever watches it") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  pass_with_restarts(rig, 2min, 10s);
  for (int i = 0; i < 5; ++i) {
    for (auto key : rig.bodies_of("back", {2}))
      rig.crash_body(key);
    rig.pass(5s);
  }
  CHECK(served_version(rig) == 2);
}

TEST_CASE("a release whose workers do not start is given up after as many "
          "failures, and in the same time") {
  auto failures_with = [](duration every) {
    app_master_rig rig;
    deploy_and_settle(rig, 1);
    auto starts = 0;
    rig.start_fails = [&](const worker_order& order) {
      auto fails = order.release.value == 2 && order.backend == "front";
      starts += fails;
      return fails ? "no model" : "";
    };
    deploy_and_settle(rig, 2);
    pass_with_restarts(rig, 5min, every);
    CHECK(rig.status().state == app_state::deploy_failed);
    CHECK(says(rig.status().message, "no model"));
    return starts;
  };
  auto undisturbed = failures_with(5min);
  CHECK(failures_with(50ms) == undisturbed);
  CHECK(failures_with(1s) == undisturbed);
}

TEST_CASE("nothing is left for the next daemon") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.crash_body(rig.bodies_of("front").front());
  rig.settle();
  REQUIRE(rig.left);
  CHECK(rig.left->failing.size() == 1);
  rig.restart();
  rig.settle();
  CHECK((!rig.left || rig.left->failing.empty()));
}
