// Goal: what happens to a single worker, and what is remembered of it. Method:
// the core with a virtual clock and a node that does what it is told.
#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a worker whose health fails loses its traffic, finishes what it has "
          "unless it hangs, and is replaced") {
  for (bool hangs : {false, true}) {
    CAPTURE(hangs);
    app_master_rig rig;
    deploy_and_settle(rig);
    rig.answers_tables = false;
    auto victim = rig.bodies_of("front").front();
    rig.inbox.push_back(worker_unhealthy{victim, "no model", hangs});
    rig.settle();
    CHECK(find_release(*rig.last_table, {1})->backends[1].workers.empty());
    CHECK(rig.bodies.contains(victim));
    CHECK(rig.status().state == app_state::deploying);
    SUBCASE("every loop has the table") {
      rig.inbox.push_back(table_acked{rig.last_table->version});
      rig.settle();
    }
    SUBCASE("a loop never answers") {
      rig.pass(rig.options.retire_max);
    }
    REQUIRE(rig.stops.size() == 1);
    CHECK(rig.stops.front().key == victim);
    CHECK(rig.stops.front().drain == !hangs);
    rig.answers_tables = true;
    rig.pass(1s);
    auto next = rig.bodies_of("front");
    REQUIRE(next.size() == 1);
    CHECK(next.front().incarnation == victim.incarnation + 1);
    CHECK(rig.status().state == app_state::running);
  }
}

TEST_CASE("an unhealthy worker that does not finish is stopped all the same") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto victim = rig.bodies_of("front").front();
  rig.lazy = true;
  rig.inbox.push_back(worker_unhealthy{victim, "no model"});
  rig.pass(sample_spec().deadline + 2s);
  REQUIRE(rig.stops.size() == 2);
  CHECK(rig.stops.front().drain);
  CHECK_FALSE(rig.stops.back().drain);
}

TEST_CASE("a start that the node delays has its time from when it begins") {
  app_master_rig rig;
  rig.lazy = true;
  deploy_and_settle(rig);
  auto key = rig.bodies_of("front").front();
  rig.inbox.push_back(worker_delayed{key, "16 starts are in progress"});
  rig.settle();
  auto noted = rig.core->decisions(rig.now)->back();
  CHECK(noted.about == "backend front");
  CHECK(noted.what == "start workers later");
  CHECK(says(noted.why, "16 starts are in progress"));
  rig.pass(2min);
  auto told = rig.status().backends.at(1).workers.at(0);
  CHECK(told.state == "queued");
  CHECK(says(told.message, "16 starts are in progress; starts when its turn "
                           "comes, within 480s"));
  rig.inbox.push_back(worker_begun{key});
  rig.pass(35s);
  CHECK(rig.status().backends.at(1).workers.at(0).state == "starting");
  rig.pass(10s);
  CHECK(rig.status().backends.at(1).workers.at(0).state == "replacing");
}

TEST_CASE("what an app_master decided is remembered with what it knew") {
  app_master_rig rig;
  auto why = [&](std::string_view about, std::string_view what) {
    auto told = rig.core->decisions(rig.now);
    for (const auto& each : *told)
      if (each.about == about && each.what == what)
        return each.why;
    return std::string{"was not decided"};
  };
  deploy_and_settle(rig);
  CHECK(says(why("backend back", "start 2 workers"),
             "release 1 is to have 2 and has 0"));
  CHECK(says(why("release 1", "let it serve"), "all its workers are ready"));
  auto victim = rig.bodies_of("front").front();
  auto name = "worker front/" + std::to_string(victim.id.value);
  rig.inbox.push_back(worker_unhealthy{victim, "failed 3 of 3 times"});
  rig.pass(1s);
  CHECK(says(why(name, "give it no more calls and replace it"),
             "failed 3 of 3 times"));
  rig.crash_body(rig.bodies_of("front").front(), "was killed by SIGSEGV");
  rig.settle();
  CHECK(says(why(name, "start it again"), "was killed by SIGSEGV"));
  rig.command(scale_backend{"back", 1});
  rig.settle();
  CHECK(says(why("backend back", "end 1 workers"),
             "release 1 is to have 1 and has 2"));
  rig.probe_fails = [](release_number) { return "it is not an ELF file"; };
  deploy_and_settle(rig, 2);
  CHECK(says(why("release 2", "give it up"), "it is not an ELF file"));
}
