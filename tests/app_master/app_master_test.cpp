// Goal: what an operator and a client can rely on. Method: the core with a
// virtual clock, a journal in memory and a node that does what it is told.
#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a deployed application runs with all its workers in the table") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto status = rig.status();
  CHECK(status.state == app_state::running);
  CHECK(status.message.empty());
  CHECK(status.release.value == 1);
  CHECK(status.route == "/shop");
  CHECK(rig.bodies_of("front").size() == 1);
  CHECK(rig.bodies_of("back").size() == 2);
  REQUIRE(rig.last_table);
  CHECK(rig.last_table->serving.value == 1);
  auto* release = find_release(*rig.last_table, {1});
  REQUIRE(release);
  REQUIRE(release->backends.size() == 2);
  CHECK(release->backends[0].workers.size() == 2);
  CHECK(release->backends[1].workers.size() == 1);
}

TEST_CASE("a deploy is answered when it is durable and not before") {
  app_master_rig rig;
  auto ticket = rig.command(deploy_release{sample_spec()});
  CHECK(rig.answers.empty());
  CHECK(rig.bodies.empty());
  rig.finish_append();
  REQUIRE(rig.answers.contains(ticket));
  CHECK(rig.answers.at(ticket)->state == app_state::deploying);
}

TEST_CASE("an application is back after a restart, without anybody's help") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.command(scale_backend{"back", 5});
  rig.settle();
  rig.restart();
  CHECK(rig.status().state == app_state::deploying);
  rig.settle();
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.bodies_of("back").size() == 5);
  CHECK(rig.last_table->serving.value == 1);
}

TEST_CASE("a restart in the middle of a deploy ends the deploy") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.finish_append();
  rig.restart();
  rig.settle();
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.status().release.value == 1);
}

TEST_CASE("the same operation is carried out once, also after a restart") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec(1)}, "same");
  auto again = rig.command(deploy_release{sample_spec(1)}, "same");
  CHECK(rig.answers.empty());
  rig.settle();
  CHECK(rig.answers.at(again).has_value());
  rig.restart();
  rig.settle();
  auto ticket = rig.command(deploy_release{sample_spec(1)}, "same");
  REQUIRE(rig.answers.contains(ticket));
  CHECK(rig.answers.at(ticket)->release.value == 1);
  CHECK(rig.core->desired().newest.value == 1);
}

TEST_CASE("an operation id that stands for one command is no other's") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec(1)}, "deploy");
  rig.settle();
  rig.command(scale_backend{"back", 3}, "scale");
  rig.settle();
  auto code_of = [&](auto command, const char* id) {
    return rig.answers.at(rig.command(command, id)).error().code;
  };
  CHECK(code_of(delete_application{}, "deploy") == errc::conflict);
  CHECK(code_of(deploy_release{sample_spec(2)}, "deploy") == errc::conflict);
  CHECK(code_of(scale_backend{"back", 4}, "scale") == errc::conflict);
  CHECK(code_of(scale_backend{"front", 3}, "scale") == errc::conflict);
  auto again = rig.command(scale_backend{"back", 3}, "scale");
  rig.settle();
  CHECK(rig.answers.at(again).has_value());
}

TEST_CASE("deploying what serves already changes nothing") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto ticket = rig.command(deploy_release{sample_spec()});
  rig.settle();
  CHECK(rig.answers.at(ticket)->state == app_state::running);
  CHECK(rig.core->desired().newest.value == 1);
}

TEST_CASE("a command that changed nothing is not carried out when it comes "
          "again after others, also after a restart and a snapshot") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  auto repeat = [&] {
    auto scaled = rig.command(scale_backend{"back", 2}, "scale");
    auto deployed = rig.command(deploy_release{sample_spec(1)}, "deploy");
    rig.settle();
    for (auto ticket : {scaled, deployed}) {
      REQUIRE(rig.answers.at(ticket).has_value());
    }
  };
  repeat();
  rig.command(scale_backend{"back", 5});
  deploy_and_settle(rig, 2);
  rig.command(scale_backend{"back", 7});
  rig.settle();
  auto before = rig.core->desired().last;
  repeat();
  rig.restart();
  rig.settle();
  repeat();
  CHECK(compact(rig.store, "shop", rig.term, rig.acknowledged));
  rig.restart();
  rig.settle();
  repeat();
  auto other = rig.command(scale_backend{"back", 3}, "scale");
  CHECK(rig.answers.at(other).error().code == errc::conflict);
  CHECK(rig.core->desired().last == before);
  CHECK(rig.core->desired().newest.value == 2);
  CHECK(rig.bodies_of("back", {2}).size() == 7);
}

TEST_CASE("that nothing changed is noted as soon as whoever leads next can "
          "read it, and not before") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  auto last = rig.core->desired().last;
  rig.format = 1;
  auto ticket = rig.command(scale_backend{"back", 2});
  rig.settle();
  CHECK(rig.answers.at(ticket).has_value());
  CHECK(rig.core->desired().last == last);
  rig.format = 2;
  rig.command(scale_backend{"back", 2});
  rig.settle();
  CHECK(rig.core->desired().last > last);
}

TEST_CASE("the old release serves until the new one is ready, and then until "
          "its last request is over") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  auto old = rig.bodies_of("back");
  rig.command(deploy_release{sample_spec(2)});
  while (rig.last_table->serving.value == 1) {
    CHECK(find_release(*rig.last_table, {1})->backends[0].workers.size() == 2);
    CHECK(rig.bodies_of("back", {1}) == old);
    if (rig.append)
      rig.finish_append();
    else
      rig.deliver();
  }
  rig.settle();
  // Requests that are pinned to the old release still find its workers.
  CHECK(rig.last_table->serving.value == 2);
  CHECK(find_release(*rig.last_table, {1})->backends[0].workers.size() == 2);
  CHECK(find_release(*rig.last_table, {2})->backends[0].workers.size() == 2);
  SUBCASE("the last request ends") {
    rig.inbox.push_back(release_idle{{1}});
    rig.settle();
  }
  SUBCASE("the last request never ends") {
    rig.pass(sample_spec().deadline + 2s);
  }
  CHECK(find_release(*rig.last_table, {1}) == nullptr);
  CHECK(rig.bodies_of("back", {1}).empty());
  CHECK(rig.bodies.size() == 3);
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.status().release.value == 2);
}

TEST_CASE("a new term gives its own table, whatever version nodes have") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto before = *rig.last_table;
  SUBCASE("of an earlier term") {
    rig.first_table = before.version + 100;
    rig.replace();
    rig.settle();
    CHECK(rig.last_table->version == rig.first_table);
    CHECK(rig.last_table->serving == before.serving);
  }
  SUBCASE("of the same, which says all that there is to say") {
    rig.first_table = before.version;
    rig.replace();
    rig.settle();
    CHECK(rig.last_table->version == before.version);
  }
}

TEST_CASE("a worker leaves all tables before it is told to stop") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.answers_tables = false;
  auto before = rig.last_table->version;
  rig.command(scale_backend{"back", 1});
  rig.settle();
  CHECK(rig.last_table->version == before + 1);
  CHECK(rig.bodies_of("back").size() == 2);
  SUBCASE("every loop has the table") {
    rig.inbox.push_back(table_acked{before + 1});
    rig.settle();
  }
  SUBCASE("a loop never answers") {
    rig.pass(rig.options.retire_max + 1s);
  }
  CHECK(rig.bodies_of("back").size() == 1);
  CHECK(rig.status().state == app_state::running);
}

TEST_CASE("a release whose plugin is refused is given up, with the reason") {
  app_master_rig rig;
  rig.probe_fails = [](release_number) { return "it is not an ELF file"; };
  deploy_and_settle(rig);
  CHECK(rig.status().state == app_state::deploy_failed);
  CHECK(says(rig.status().message, "it is not an ELF file"));
  CHECK(says(rig.status().message, "nothing serves"));
  CHECK(rig.bodies.empty());
  rig.restart();
  rig.settle();
  CHECK(rig.status().state == app_state::deploy_failed);
  CHECK(says(rig.status().message, "it is not an ELF file"));
}

TEST_CASE("a release whose workers do not start is given up while the one "
          "before serves on") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  auto served_by = rig.bodies_of("back");
  rig.start_fails = [](const worker_order& order) {
    return order.release.value == 2 && order.backend == "back" ? "no model"
                                                               : "";
  };
  deploy_and_settle(rig, 2);
  rig.pass(10s);
  auto status = rig.status();
  CHECK(status.state == app_state::deploy_failed);
  CHECK(status.release.value == 2);
  CHECK(says(status.message, "backend \"back\" failed to start 3 times"));
  CHECK(says(status.message, "no model"));
  CHECK(says(status.message, "release 1 keeps serving"));
  CHECK(rig.last_table->serving.value == 1);
  CHECK(rig.bodies_of("back") == served_by);
  CHECK(rig.bodies.size() == 3);
  rig.start_fails = [](const worker_order&) { return std::string{}; };
  deploy_and_settle(rig, 3);
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.status().release.value == 3);
}

TEST_CASE("a release whose trial never ends is given up") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.finish_append();
  rig.inbox.clear();
  rig.pass(rig.options.bring_up_max + rig.options.start_timeout + 1s);
  CHECK(rig.status().state == app_state::deploy_failed);
  CHECK(says(rig.status().message, "got ready within 330s"));
}

TEST_CASE("a crashed worker leaves the table and starts again at once") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.pass(1min);
  auto victim = rig.bodies_of("front").front();
  rig.crash_body(victim);
  auto tables = rig.tables.size();
  rig.settle();
  CHECK(find_release(*rig.tables[tables], {1})->backends[1].workers.empty());
  rig.pass(0s);
  auto next = rig.bodies_of("front");
  REQUIRE(next.size() == 1);
  CHECK(next.front().id == victim.id);
  CHECK(next.front().incarnation == victim.incarnation + 1);
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.status().backends[1].workers[0].restarts == 1);
}

TEST_CASE("a crash loop backs off, says why, and ends when its cause does") {
  app_master_rig rig;
  deploy_and_settle(rig);
  rig.pass(1min);
  auto starts = 0;
  rig.start_fails = [&](const worker_order& order) {
    if (order.backend != "front")
      return "";
    ++starts;
    return "port 5432 refused";
  };
  rig.crash_body(rig.bodies_of("front").front());
  rig.pass(10min);
  CHECK(starts > 10);
  CHECK(starts < 60);
  auto status = rig.status();
  CHECK(status.state == app_state::unhealthy);
  CHECK(says(status.message, "front: 0 of 1 workers ready"));
  CHECK(says(status.message, "port 5432 refused; starts again in"));
  rig.start_fails = [](const worker_order&) { return std::string{}; };
  rig.pass(rig.options.back_off_max);
  CHECK(rig.status().state == app_state::running);
}

TEST_CASE("a deleted application stops its workers and can be deployed again") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto ticket = rig.command(delete_application{});
  rig.settle();
  CHECK(rig.answers.at(ticket).has_value());
  CHECK(rig.last_table->deleted);
  CHECK_FALSE(rig.last_table->serving);
  CHECK(rig.status().state == app_state::deleting);
  rig.pass(1min);
  CHECK(rig.bodies.empty());
  CHECK(rig.core->status(rig.now).error().code == errc::not_found);
  rig.restart();
  rig.settle();
  CHECK(rig.bodies.empty());
  deploy_and_settle(rig);
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.status().release.value == 2);
}

TEST_CASE("a journal that fails changes nothing and keeps supervision alive") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto ticket = rig.command(scale_backend{"back", 7});
  rig.fail_append({errc::store_failed, "the disk is gone"});
  rig.settle();
  CHECK(rig.answers.at(ticket).error().code == errc::store_failed);
  CHECK(rig.bodies_of("back").size() == 2);
  rig.crash_body(rig.bodies_of("back").front());
  rig.pass(0s);
  CHECK(rig.bodies_of("back").size() == 2);
  rig.command(scale_backend{"back", 3});
  rig.settle();
  CHECK(rig.bodies_of("back").size() == 3);
}

TEST_CASE("a release that is ready is recorded again after a failure") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.finish_append();
  while (!rig.append)
    rig.deliver();
  rig.fail_append({errc::store_failed, "busy"});
  rig.settle();
  CHECK(rig.status().state == app_state::deploying);
  rig.pass(2s);
  CHECK(rig.status().state == app_state::running);
}

TEST_CASE("an app_master whose journal belongs to another orders nothing") {
  app_master_rig rig;
  deploy_and_settle(rig);
  auto ticket = rig.command(scale_backend{"back", 7});
  rig.fail_append({errc::stale_epoch, "epoch 9 leads"});
  CHECK(rig.answers.at(ticket).error().code == errc::stale_epoch);
  CHECK(rig.core->deposed());
  rig.crash_body(rig.bodies_of("back").front());
  rig.settle();
  CHECK(rig.bodies_of("back").size() == 1);
  auto late = rig.command(scale_backend{"back", 3});
  CHECK(rig.answers.at(late).error().code == errc::unavailable);
}

TEST_CASE("a deploy during a deploy takes its place") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  rig.command(deploy_release{sample_spec(2)});
  rig.finish_append();
  rig.command(deploy_release{sample_spec(3)});
  rig.settle();
  rig.pass(1min);
  CHECK(rig.status().release.value == 3);
  CHECK(rig.status().state == app_state::running);
  CHECK(rig.bodies.size() == 3);
}
