// Goal: a release whose workers keep dying does not stay. Method: the core with
// a virtual clock, a journal in memory and a node that does what it is told.
#include "app_master/trial.hpp"

#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// All workers of a backend die, `times` times, five seconds apart.
void crash_loop(app_master_rig& rig, std::string_view backend,
                release_number release, int times) {
  for (int i = 0; i < times; ++i) {
    rig.pass(5s);
    for (auto key : rig.bodies_of(backend, release))
      rig.crash_body(key);
    rig.settle();
  }
}

std::int64_t served_version(const app_master_rig& rig) {
  return std::get<std::int64_t>(
    rig.core->desired().serving->spec->config.at("version"));
}

} // namespace

TEST_CASE("a release that crash-loops after its deploy gives way to the one "
          "before") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  rig.command(scale_backend{"back", 4});
  rig.settle();
  deploy_and_settle(rig, 2);
  CHECK(served_version(rig) == 2);
  crash_loop(rig, "back", {2}, 3);
  rig.pass(1s);
  CHECK(served_version(rig) == 1);
  auto status = rig.status();
  CHECK(status.release.value == 3);
  CHECK(status.state == app_state::running);
  CHECK(rig.bodies_of("back", {3}).size() == 4);
  REQUIRE(status.warnings.size() == 1);
  CHECK(status.warnings.front().find("killed by signal 9")
        != std::string::npos);
}

TEST_CASE("a release is taken back once, and not for the one that failed") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  crash_loop(rig, "back", {2}, 3);
  rig.pass(1s);
  REQUIRE(served_version(rig) == 1);
  crash_loop(rig, "back", {3}, 10);
  rig.pass(1s);
  CHECK(served_version(rig) == 1);
  CHECK(rig.status().release.value == 3);
}

TEST_CASE("some deaths, or deaths long after the deploy, take nothing back") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  crash_loop(rig, "back", {2}, 2);
  rig.pass(2min);
  crash_loop(rig, "back", {2}, 5);
  CHECK(served_version(rig) == 2);
  CHECK(rig.status().release.value == 2);
}

TEST_CASE("a first release stays, however often it dies") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  crash_loop(rig, "back", {1}, 10);
  CHECK(rig.status().release.value == 1);
}

TEST_CASE("after a restart nobody is on trial, and the journal knows who "
          "serves") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  rig.restart();
  rig.settle();
  crash_loop(rig, "back", {2}, 10);
  CHECK(served_version(rig) == 2);
}

TEST_CASE("a return that the journal refused is asked for again later") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  crash_loop(rig, "back", {2}, 2);
  rig.pass(5s);
  for (auto key : rig.bodies_of("back", {2}))
    rig.crash_body(key);
  while (!rig.append && !rig.inbox.empty())
    rig.deliver();
  REQUIRE(rig.append);
  rig.fail_append({errc::store_failed, "disk full"});
  rig.settle();
  CHECK(served_version(rig) == 2);
  crash_loop(rig, "back", {2}, 1);
  rig.pass(1s);
  CHECK(served_version(rig) == 1);
}

TEST_CASE("one death after a good run is followed by a start at once") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  rig.pass(10s);
  rig.crash_body(rig.bodies_of("back").front());
  rig.settle();
  CHECK(rig.bodies_of("back").size() == 2);
}
