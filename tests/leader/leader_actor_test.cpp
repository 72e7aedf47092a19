// Goal: what the control API can rely on, with all actors and their messages in
// between. Method: CAF's test coordinator, a store in memory, a node of wax.
#include "leader/leader_actor.hpp"

#include "leader/one_node.hpp"

using namespace serval;
using namespace std::chrono_literals;

namespace {

app_spec spec_of(std::string name, std::string route) {
  auto spec = sample_spec();
  spec.name = std::move(name);
  spec.route = std::move(route);
  return spec;
}

} // namespace

TEST_CASE("a deploy is answered when it is durable, before it serves") {
  one_node one;
  one.actors.settle();
  auto box = one.deploy(sample_spec());
  while (one.actors.step()) {
    // nop
  }
  // All that is left is in the pool: the read of the journal, then the append.
  CHECK_FALSE(box.came());
  while (!box.came() && (one.actors.step_blocking() || one.actors.step())) {
    // nop
  }
  CHECK(box->value().state == app_state::deploying);
  CHECK(one.store.read("shop")->last.value == 1);
  one.actors.settle();
  CHECK(one.status()->state == app_state::running);
  CHECK(one.node.bodies.size() == 3);
  CHECK(one.node.tables.at("shop")->serving.value == 1);
}

TEST_CASE("each change is written for whoever could lead next at that time") {
  one_node one;
  auto deploy_again = [&](std::string operation) {
    one.deploy(sample_spec(), std::move(operation));
    one.actors.settle();
    return one.store.read("shop")->last.value;
  };
  auto deployed = deploy_again("first");
  one.format = 1;
  CHECK(deploy_again("second") == deployed);
  one.format = 2;
  CHECK(deploy_again("third") == deployed + 1);
}

TEST_CASE("commands that come before the store was read are carried out") {
  one_node one;
  auto box = one.deploy(sample_spec());
  CHECK_FALSE(one.recovered);
  one.actors.settle();
  REQUIRE(one.recovered);
  CHECK(one.recovered->has_value());
  CHECK(box->has_value());
}

TEST_CASE("all applications come back after a restart") {
  one_node one;
  (void) one.deploy(spec_of("a", "/a"));
  (void) one.deploy(spec_of("b", "/b"));
  one.actors.settle();
  one.restart();
  one.actors.settle();
  auto all = one.list();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "a");
  CHECK(all[1].name == "b");
  for (const auto& each : all)
    CHECK(each.state == app_state::running);
  CHECK(one.node.bodies.size() == 6);
}

TEST_CASE("a route that is taken is refused by name, also after a restart") {
  one_node one;
  (void) one.deploy(spec_of("a", "/x"));
  auto at_once = one.deploy(spec_of("b", "/x"));
  one.actors.settle();
  CHECK(at_once->error().code == errc::conflict);
  one.restart();
  auto later = one.deploy(spec_of("b", "/x"));
  one.actors.settle();
  REQUIRE(later.came());
  CHECK(later->error().code == errc::conflict);
  CHECK(later->error().message.find("\"a\"") != std::string::npos);
  CHECK(one.list().size() == 1);
}

TEST_CASE("a deleted application is gone and its route free") {
  one_node one;
  (void) one.deploy(spec_of("a", "/x"));
  one.actors.settle();
  reply_box<void> removed;
  one.plane->remove({"rm", "maria", ""}, "a", removed.take());
  one.actors.pass(1min);
  CHECK(removed->has_value());
  CHECK(one.node.bodies.empty());
  CHECK(one.node.tables.at("a")->deleted);
  CHECK(one.status("a").error().code == errc::not_found);
  CHECK(one.list().empty());
  auto box = one.deploy(spec_of("b", "/x"));
  one.actors.settle();
  CHECK(box->has_value());
  // The same operation again has the same result.
  reply_box<void> again;
  one.plane->remove({"rm", "maria", ""}, "a", again.take());
  one.actors.settle();
  CHECK(again->has_value());
}

TEST_CASE("a backend is scaled") {
  one_node one;
  (void) one.deploy(sample_spec());
  reply_box<app_status> box;
  one.plane->scale({"s", "maria", ""}, "shop", "back", 9, box.take());
  one.actors.settle();
  CHECK(box->has_value());
  CHECK(one.node.bodies.size() == 10);
}

TEST_CASE("commands for an unknown application and bad specs are refused") {
  one_node one;
  reply_box<app_status> scaled;
  one.plane->scale({"s", "maria", ""}, "nobody", "back", 9, scaled.take());
  auto spec = sample_spec();
  spec.backends.clear();
  auto deployed = one.deploy(spec);
  one.actors.settle();
  CHECK(scaled->error().code == errc::not_found);
  CHECK(deployed->error().code == errc::bad_request);
  CHECK(one.status("nobody").error().code == errc::not_found);
  CHECK(one.store.applications()->empty());
}

TEST_CASE("a crashed worker is started again when its time has come") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  one.node.refuse = "";
  for (int i = 0; i < 3; ++i) {
    one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
    one.actors.pass(1s);
    CHECK(one.node.bodies.size() == 3);
  }
  CHECK(one.status()->state == app_state::running);
}

TEST_CASE("a plugin that fails its trial fails the deploy, with the reason") {
  one_node one;
  one.node.refuse = "bank_monitor.so has no symbol serval_plugin_entry";
  auto box = one.deploy(sample_spec());
  one.actors.settle();
  CHECK(box->has_value());
  auto status = one.status();
  CHECK(status->state == app_state::deploy_failed);
  CHECK(status->message.find(one.node.refuse) != std::string::npos);
  CHECK(one.node.bodies.empty());
}

TEST_CASE("a store that fails refuses changes and leaves workers alone") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  one.store.broken = true;
  reply_box<app_status> box;
  one.plane->scale({"s", "maria", ""}, "shop", "back", 9, box.take());
  one.actors.settle();
  CHECK(box->error().code == errc::store_failed);
  CHECK(one.node.bodies.size() == 3);
  CHECK(one.status()->state == app_state::running);
}

TEST_CASE("a store that cannot be read is told to who starts the leader") {
  one_node one;
  one.store.broken = true;
  one.actors.settle();
  REQUIRE(one.recovered);
  CHECK(one.recovered->error().code == errc::store_failed);
}

TEST_CASE("a leader that stops answers all and orders nothing more") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  reply_box<app_status> box;
  one.plane->scale({"s", "maria", ""}, "shop", "back", 9, box.take());
  while (one.actors.step()) {
    // nop
  }
  one.plane.reset();
  one.actors.settle();
  CHECK(box->error().code == errc::unavailable);
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  one.actors.pass(1s);
  CHECK(one.node.bodies.size() == 2);
}

namespace {

reply_box<app_status> restart_master(one_node& one, std::string app = "shop") {
  reply_box<app_status> box;
  one.plane->restart_app_master({"", "maria", "stuck"}, std::move(app),
                                box.take());
  return box;
}

/// Breaks the app_master of "shop" by what its node does to it.
void break_master(one_node& one) {
  one.node.breaks_on_start = true;
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
}

bool logs(const one_node& one, std::string_view what) {
  CAPTURE(one.log);
  return one.log.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("an app_master that is restarted knows the workers that there are "
          "and starts none twice") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  auto bodies = one.node.bodies.size();
  auto starts = one.node.starts;
  auto version = one.node.tables.at("shop")->version;
  for (int i = 0; i < 3; ++i) {
    auto box = restart_master(one);
    one.actors.settle();
    CHECK(box->value().state == app_state::running);
  }
  CHECK(one.node.bodies.size() == bodies);
  CHECK(one.node.starts == starts);
  CHECK(one.node.tables.at("shop")->version == version);
  CHECK(logs(one, "restarted by maria: stuck"));
  // It watches: what dies is started again.
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  one.actors.pass(1s);
  CHECK(one.node.bodies.size() == bodies);
  auto unknown = restart_master(one, "nobody");
  one.actors.settle();
  CHECK(unknown->error().code == errc::not_found);
}

TEST_CASE("a command is answered at whatever step its app_master is restarted, "
          "and carried out once") {
  for (int at = 0; at < 40; ++at) {
    CAPTURE(at);
    one_node one;
    (void) one.deploy(sample_spec());
    one.actors.settle();
    reply_box<app_status> scaled;
    one.plane->scale({"s", "maria", ""}, "shop", "back", 5, scaled.take());
    for (int i = 0; i < at && (one.actors.step() || one.actors.step_blocking());
         ++i) {
      // nop
    }
    auto restarted = restart_master(one);
    one.actors.settle();
    CHECK(restarted->has_value());
    if (!*scaled) {
      CHECK(scaled->error().code == errc::unavailable);
      reply_box<app_status> again;
      one.plane->scale({"s", "maria", ""}, "shop", "back", 5, again.take());
      one.actors.settle();
      CHECK(again->has_value());
    }
    one.actors.pass(1s);
    CHECK(one.node.bodies.size() == 6);
    CHECK(one.node.starts == 6);
    CHECK(one.store.read("shop")->last.value == 3);
    // Nothing of the other one's is left to trip over.
    auto next = one.deploy(sample_spec(2), "next");
    one.actors.settle();
    CHECK(next->has_value());
  }
}

TEST_CASE("an app_master that fails starts again, and its workers serve on") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  break_master(one);
  while (one.node.breaks_on_start && one.actors.step())
    if (logs(one, "has failed"))
      one.node.breaks_on_start = false;
  CHECK(logs(one, "because the node of wax melts; its workers serve on"));
  one.actors.pass(1s);
  CHECK(one.status()->state == app_state::running);
  CHECK(one.node.bodies.size() == 3);
  // The next one can tell.
  reply_box<std::vector<decision>> why;
  one.plane->explain("shop", why.take());
  one.actors.settle();
  CHECK(std::ranges::any_of(why->value(), [](const decision& each) {
    return each.about == "app_master" && each.what == "start another"
           && each.why.find("the node of wax melts") != std::string::npos;
  }));
}

TEST_CASE("an app_master that fails again and again is left alone, which is "
          "told, until an operator says otherwise") {
  one_node one;
  (void) one.deploy(sample_spec());
  (void) one.deploy(spec_of("other", "/other"));
  one.actors.settle();
  break_master(one);
  one.actors.pass(10s);
  CHECK(logs(one, "has failed 5 times"));
  auto refused = one.status();
  CHECK(refused.error().code == errc::unavailable);
  CHECK(refused.error().message.find("serval restart app_master shop")
        != std::string::npos);
  reply_box<app_status> scaled;
  one.plane->scale({"s", "maria", ""}, "shop", "back", 5, scaled.take());
  one.actors.settle();
  CHECK(scaled->error().code == errc::unavailable);
  CHECK(one.node.bodies.size() == 5);
  // The other application is none the worse, and the list shows both.
  auto all = one.list();
  REQUIRE(all.size() == 2);
  CHECK(all[0].state == app_state::running);
  CHECK(all[1].state == app_state::unhealthy);
  // Its route stays its own.
  auto thief = one.deploy(spec_of("thief", "/shop"));
  one.actors.settle();
  CHECK(thief->error().code == errc::conflict);
  one.node.breaks_on_start = false;
  auto restarted = restart_master(one);
  one.actors.pass(1s);
  CHECK(restarted->has_value());
  CHECK(one.status()->state == app_state::running);
  CHECK(one.node.bodies.size() == 6);
}

TEST_CASE("a broken assumption in an app_master ends it and not the daemon") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  one.node.breaks_an_assumption = true;
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  while (one.node.breaks_an_assumption && one.actors.step())
    if (logs(one, "broken assumption"))
      one.node.breaks_an_assumption = false;
  one.actors.pass(1s);
  CHECK(one.status()->state == app_state::running);
}

TEST_CASE("a journal that is ahead of its app_master is read again") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  // Somebody wrote, and was told that it failed.
  app_change change{{"x", "maria", ""}, workers_scaled{{1}, "back", 4}};
  (void) one.store.append(
    {"shop", {1}, one.store.read("shop")->last, {}, {change}});
  reply_box<app_status> scaled;
  one.plane->scale({"s", "maria", ""}, "shop", "front", 2, scaled.take());
  one.actors.pass(1s);
  CHECK(scaled->error().code == errc::unavailable);
  CHECK(one.node.bodies.size() == 5);
  reply_box<app_status> again;
  one.plane->scale({"s", "maria", ""}, "shop", "front", 2, again.take());
  one.actors.settle();
  CHECK(again->has_value());
  CHECK(one.node.bodies.size() == 6);
}

TEST_CASE("a leader that rests gives the lease back and orders nothing, and "
          "its workers serve on") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  auto before = one.node.bodies.size();
  bool rests = false;
  one.plane->rest("a new process comes", [&] { rests = true; });
  one.actors.settle();
  CHECK(rests);
  // Nobody has to wait until the lease expires.
  CHECK(one.store.lease("another", 0s, {}));
  CHECK(one.node.bodies.size() == before);
  auto refused = one.status();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("a new process comes")
        != std::string::npos);

  one.plane->resume();
  one.actors.settle();
  CHECK(one.status()->state == app_state::running);
  CHECK(one.node.bodies.size() == before);
}
