// Goal: what a node tells changes what it is about, once, and nothing else.
// Method: the core with a virtual clock and a node that does what it is told.
#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a worker that outgrows its memory serves until another does") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.pass(10s);
  auto old = rig.bodies_of("back").at(0);
  rig.lazy = true;
  rig.inbox.push_back(worker_outgrown{old, "it takes 300MiB"});
  rig.settle();
  // Its replacement starts; nothing has changed for dispatchers.
  CHECK(rig.bodies_of("back").size() == 3);
  CHECK_FALSE(rig.bodies.at(old).told_to_stop);
  CHECK(rig.last_table->releases[0].backends[0].workers.size() == 2);
  CHECK(rig.status().state == app_state::running);
  rig.finish(rig.bodies_of("back").at(2));
  rig.settle();
  CHECK(rig.bodies.at(old).told_to_stop);
  CHECK(rig.last_table->releases[0].backends[0].workers.size() == 2);
  rig.finish(old);
  rig.settle();
  CHECK(rig.bodies_of("back").size() == 2);
  // It was no failure.
  for (auto& worker : rig.status().backends.at(0).workers)
    CHECK(worker.restarts == 0);
}

TEST_CASE("workers that outgrow their memory together go one after the other") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.pass(10s);
  auto both = rig.bodies_of("back");
  auto tell = [&] {
    for (auto key : both)
      rig.inbox.push_back(worker_outgrown{key, "it takes 300MiB"});
    rig.settle();
  };
  rig.lazy = true;
  tell();
  CHECK(rig.bodies_of("back").size() == 3);
  tell();
  CHECK(rig.bodies_of("back").size() == 3);
  rig.lazy = false;
  rig.finish(rig.bodies_of("back").at(2));
  rig.settle();
  tell();
  CHECK(rig.bodies_of("back").size() == 2);
  for (auto key : both)
    CHECK_FALSE(rig.bodies.contains(key));
}

TEST_CASE("a young worker is not replaced for its memory") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.pass(1s);
  auto before = rig.bodies_of("back");
  rig.inbox.push_back(worker_outgrown{before.at(0), "it takes 300MiB"});
  rig.settle();
  CHECK(rig.bodies_of("back") == before);
}

TEST_CASE("an outgrown worker that dies is not started a second time") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.pass(10s);
  auto old = rig.bodies_of("back").at(0);
  rig.lazy = true;
  rig.inbox.push_back(worker_outgrown{old, "it takes 300MiB"});
  rig.settle();
  rig.crash_body(old);
  rig.settle();
  CHECK(rig.bodies_of("back").size() == 2);
}

TEST_CASE("late news of an incarnation that is over changes nothing") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto victim = rig.bodies_of("front").front();
  rig.crash_body(victim);
  rig.pass(0s);
  auto table = rig.last_table->version;
  rig.inbox.push_back(worker_died{victim, "again"});
  rig.inbox.push_back(worker_stopped{victim});
  rig.settle();
  CHECK(rig.last_table->version == table);
  CHECK(rig.status().state == app_state::running);
}

TEST_CASE("a worker that should not exist is stopped when it reports") {
  app_master_rig rig;
  deploy_and_settle(rig);
  worker_key stray{{999}, 1};
  rig.bodies.emplace(stray, app_master_rig::body{});
  rig.inbox.push_back(worker_ready{stray, 0});
  rig.settle();
  CHECK_FALSE(rig.bodies.contains(stray));
}
