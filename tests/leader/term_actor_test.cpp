// Goal: a node that gets and loses the lease acts only while it has it, and its
// workers serve on. Method: as in leader_actor_test.
#include "leader/term_actor.hpp"

#include "leader/one_node.hpp"

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a leader whose store is away ceases, and finds its workers later") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  auto epoch = one.view.epoch;
  auto bodies = one.node.bodies;
  one.store.away = true;
  one.actors.pass(10s);
  CHECK(one.view.role == leader_role::following);
  CHECK(one.view.reason == "no connection");
  CHECK(one.status().error().code == errc::unavailable);
  reply_box<app_status> box;
  one.plane->scale({"s", "maria", ""}, "shop", "back", 9, box.take());
  one.actors.settle();
  CHECK(box->error().message.find("no connection") != std::string::npos);
  // Nobody orders anything, whatever happens to the workers.
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  one.actors.pass(10s);
  CHECK(one.node.bodies.size() == bodies.size() - 1);

  auto starts = one.node.starts;
  one.store.away = false;
  one.actors.pass(10s);
  CHECK(one.view.role == leader_role::leading);
  CHECK(one.view.epoch > epoch);
  CHECK(one.status()->state == app_state::running);
  CHECK(one.node.bodies.size() == bodies.size());
  CHECK(one.node.starts == starts + 1);
}

TEST_CASE("a leader that another has replaced orders nothing more") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  // Its lease ran out by the store's clock, and another has it.
  REQUIRE(one.store.kept.lease("n1", 0s, one.view.epoch));
  auto taken = one.store.kept.lease("n2 b:1 - b2", 1h);
  REQUIRE(taken);
  auto starts = one.node.starts;
  one.actors.pass(5s);
  CHECK(one.view.role == leader_role::following);
  CHECK(one.view.leader == "n2");
  CHECK(one.view.leader_admin == "b:1");
  CHECK(one.view.epoch == taken->epoch);
  CHECK(one.status().error().message.find("b:1") != std::string::npos);
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  one.actors.pass(10s);
  CHECK(one.node.starts == starts);
}

TEST_CASE("a leader that was stopped for long gives no order when it goes on") {
  one_node one;
  (void) one.deploy(sample_spec());
  one.actors.settle();
  // The first restart comes at once, the second is to wait.
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  one.actors.settle();
  auto starts = one.node.starts;
  one.node.crash(one.node.bodies.begin()->first, "killed by signal 9");
  // All that is due comes after the lease is over, in whatever order.
  one.store.away = true;
  one.actors.pass(1h, 1h);
  CHECK(one.node.starts == starts);
  CHECK(one.withheld > 0);
  one.store.away = false;
  one.actors.pass(10s);
  CHECK(one.status()->state == app_state::running);
  CHECK(one.node.starts == starts + 1);
}

TEST_CASE("a leader that stops leaves the lease to others") {
  one_node one;
  one.actors.settle();
  CHECK(one.store.kept.lease("n2", 1h).error().code == errc::conflict);
  one.plane.reset();
  one.actors.settle();
  CHECK(one.store.kept.lease("n2", 1h));
}
