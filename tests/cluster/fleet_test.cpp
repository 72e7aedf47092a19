// Goal: to an app_master, the nodes of a cluster are one, whatever becomes of
// each. Method: the core with a clock and with nodes of the test's own.
#include "cluster/fleet.hpp"

#include "support/sample_spec.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::literals;

namespace {

const auto spec = std::make_shared<const app_spec>(sample_spec());

/// Of the leader that has just begun.
const time_point start{1h};

node_facts facts(const std::string& name, const std::string& zone = {}) {
  node_facts out;
  out.name = name;
  out.zone = zone;
  out.address = name + ":9460";
  out.cpu = 8;
  out.memory_bytes = 8u << 30;
  return out;
}

worker_order order(std::uint64_t id, std::uint32_t incarnation = 1,
                   const std::string& backend = "back") {
  return {"shop", {1}, spec, backend, {{id}, incarnation}, 0};
}

std::shared_ptr<const app_table> table(std::uint64_t version,
                                       std::uint64_t serving = 1) {
  auto out = std::make_shared<app_table>();
  out->app = "shop";
  out->version = version;
  out->serving = {serving};
  for (std::uint64_t number = 1; number <= serving; ++number)
    out->releases.push_back({{number}, spec, {}});
  return out;
}

found_worker found(std::uint64_t id, worker_state state,
                   std::uint32_t incarnation = 1) {
  return {{{id}, incarnation}, {1}, spec, "back", state, 77};
}

node_inventory with(std::vector<found_worker> workers) {
  app_inventory has;
  has.workers = std::move(workers);
  return {{"shop", has}};
}

template <class T>
std::vector<T> all_of(const fleet_effects& effects) {
  std::vector<T> out;
  for (const auto& each : effects)
    if (const auto* x = std::get_if<T>(&each))
      out.push_back(*x);
  return out;
}

template <class Report>
std::vector<Report> told(const fleet_effects& effects) {
  std::vector<Report> out;
  for (const auto& each : all_of<tell_report>(effects))
    if (const auto* x = std::get_if<Report>(&each.report))
      out.push_back(*x);
  return out;
}

/// A fleet whose nodes have joined, and whose app_master is there.
struct settled_fleet {
  fleet all{{}, start};

  explicit settled_fleet(const std::vector<std::string>& nodes) {
    for (const auto& each : nodes)
      static_cast<void>(all.joined(facts(each), {}, start));
    static_cast<void>(all.on_timer(start + 3s));
    static_cast<void>(all.connect("shop", start));
  }

  /// Starts a worker, which gets ready, and says where.
  std::string run(std::uint64_t id) {
    return run(order(id));
  }

  /// One that is kept on a node that is lost.
  std::string run_kept(std::uint64_t id) {
    auto what = order(id);
    auto keeping = *spec;
    keeping.on_partition = partition_policy::keep;
    what.spec = std::make_shared<const app_spec>(keeping);
    return run(what);
  }

  std::string run(const worker_order& what) {
    auto out = all_of<order_start>(all.start(what, start));
    REQUIRE(out.size() == 1);
    static_cast<void>(all.reported(out[0].node, "shop",
                                   worker_ready{what.key, 5}, start));
    return out[0].node;
  }
};

} // namespace

TEST_CASE("workers go to different nodes, and a repeated order to the same") {
  settled_fleet rig{{"a", "b"}};
  auto first = rig.run(1);
  auto second = rig.run(2);
  CHECK(first != second);
  auto again = all_of<order_start>(rig.all.start(order(1), start));
  REQUIRE(again.size() == 1);
  CHECK(again[0].node == first);
}

TEST_CASE("a worker that fits nowhere waits, and starts when a node comes") {
  settled_fleet rig{{}};
  auto out = rig.all.start(order(1), start);
  CHECK(all_of<order_start>(out).empty());
  REQUIRE(told<worker_delayed>(out).size() == 1);
  CHECK(told<worker_delayed>(out)[0].reason == "no node takes workers");
  out = rig.all.joined(facts("a"), {}, start);
  CHECK(told<worker_begun>(out).size() == 1);
  CHECK(all_of<order_start>(out).size() == 1);
}

TEST_CASE("a worker that waits for a node can be stopped") {
  settled_fleet rig{{}};
  static_cast<void>(rig.all.start(order(1), start));
  CHECK(told<worker_stopped>(rig.all.stop("shop", {{1}, 1}, true)).size() == 1);
  CHECK(all_of<order_start>(rig.all.joined(facts("a"), {}, start)).empty());
}

TEST_CASE("a table is acknowledged when all nodes have it") {
  settled_fleet rig{{"a", "b"}};
  auto out = rig.all.publish(table(5));
  CHECK(all_of<order_publish>(out).size() == 2);
  CHECK(told<table_acked>(rig.all.reported("a", "shop", table_acked{5}, start))
          .empty());
  auto acked
    = told<table_acked>(rig.all.reported("b", "shop", table_acked{5}, start));
  REQUIRE(acked.size() == 1);
  CHECK(acked[0].version == 5);
}

TEST_CASE("a table does not wait for a node that is lost") {
  settled_fleet rig{{"a", "b"}};
  static_cast<void>(rig.all.publish(table(5)));
  static_cast<void>(rig.all.reported("a", "shop", table_acked{5}, start));
  CHECK(told<table_acked>(rig.all.link_lost("b", start)).empty());
  CHECK(told<table_acked>(rig.all.on_timer(start + 3s)).size() == 1);
}

TEST_CASE("a release is idle when it is on all nodes that served it") {
  settled_fleet rig{{"a", "b"}};
  static_cast<void>(rig.all.publish(table(5, 1)));
  static_cast<void>(rig.all.publish(table(6, 2)));
  CHECK(told<release_idle>(
          rig.all.reported("a", "shop", release_idle{{1}}, start))
          .empty());
  CHECK(told<release_idle>(
          rig.all.reported("b", "shop", release_idle{{1}}, start))
          .size()
        == 1);
}

TEST_CASE("a table says which nodes have workers of each release") {
  settled_fleet rig{{"a", "b"}};
  rig.run(1);
  auto out = all_of<order_publish>(rig.all.publish(table(5)));
  REQUIRE(out.size() == 2);
  REQUIRE(out[0].hosts->size() == 1);
  CHECK(out[0].hosts->front().nodes
        == std::vector<host_node>{{"a", "a:9460", ""}});
}

TEST_CASE("workers of a lost node die, those of a suspect do not") {
  settled_fleet rig{{"a"}};
  rig.run(1);
  CHECK(told<worker_died>(rig.all.link_lost("a", start)).empty());
  CHECK(told<worker_died>(rig.all.on_timer(start + 2s)).empty());
  auto died = told<worker_died>(rig.all.on_timer(start + 3s));
  REQUIRE(died.size() == 1);
  CHECK(died[0].reason == "node a is lost");
}

TEST_CASE("nobody takes the place of workers that are kept on a lost node") {
  settled_fleet rig{{"a", "b"}};
  auto where = rig.run_kept(1);
  static_cast<void>(rig.all.link_lost(where, start));
  CHECK(told<worker_died>(rig.all.on_timer(start + 3s)).empty());
  SUBCASE("it is back with them") {
    auto out = rig.all.joined(
      facts(where), with({found(1, worker_state::ready)}), start + 1h);
    CHECK(told<worker_died>(out).empty());
    CHECK(all_of<order_stop>(out).empty());
  }
  SUBCASE("it is back without them") {
    CHECK(told<worker_died>(rig.all.joined(facts(where), {}, start + 1h)).size()
          == 1);
  }
  SUBCASE("it is drained, as it will not be back") {
    auto out = rig.all.drain(where, start + 1h);
    REQUIRE(out);
    CHECK(told<worker_died>(*out).size() == 1);
  }
  SUBCASE("they are not wanted any more") {
    CHECK(told<worker_stopped>(rig.all.stop("shop", {{1}, 1}, true)).size()
          == 1);
    auto out = rig.all.joined(
      facts(where), with({found(1, worker_state::ready)}), start + 1h);
    CHECK(all_of<order_stop>(out).size() == 1);
  }
}

TEST_CASE("a node that is back in time has kept its workers") {
  settled_fleet rig{{"a"}};
  rig.run(1);
  static_cast<void>(rig.all.start(order(2), start));
  static_cast<void>(rig.all.link_lost("a", start));
  auto out = rig.all.joined(
    facts("a"), with({found(1, worker_state::ready), //
                      found(2, worker_state::ready)}),
    start + 1s);
  CHECK(told<worker_died>(out).empty());
  CHECK(all_of<order_stop>(out).empty());
  // This one got ready while nobody could say so.
  auto ready = told<worker_ready>(out);
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].key.id == worker_id{2});
}

TEST_CASE("a node that was started anew has lost its workers") {
  settled_fleet rig{{"a"}};
  rig.run(1);
  auto out = rig.all.joined(facts("a"), {}, start + 1s);
  CHECK(told<worker_died>(out).size() == 1);
}

TEST_CASE("a node that is back too late lets go of what others do by now") {
  settled_fleet rig{{"a", "b"}};
  auto where = rig.run(1);
  static_cast<void>(rig.all.link_lost(where, start));
  static_cast<void>(rig.all.on_timer(start + 3s));
  auto again = all_of<order_start>(rig.all.start(order(1, 2), start + 3s));
  REQUIRE(again.size() == 1);
  CHECK(again[0].node != where);
  auto stopped = all_of<order_stop>(rig.all.joined(
    facts(where), with({found(1, worker_state::ready, 1)}), start + 9s));
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].node == where);
  CHECK(stopped[0].key == worker_key{{1}, 1});
  CHECK(stopped[0].drain);
  // What it says of that worker is no news of the one in its place.
  CHECK(told<worker_stopped>(
          rig.all.reported(where, "shop", worker_stopped{{{1}, 1}}, start + 9s))
          .empty());
}

TEST_CASE("an order to stop that a suspect missed is given when it is back") {
  settled_fleet rig{{"a"}};
  rig.run(1);
  static_cast<void>(rig.all.link_lost("a", start));
  CHECK(all_of<order_stop>(rig.all.stop("shop", {{1}, 1}, true)).empty());
  auto out = rig.all.joined(
    facts("a"), with({found(1, worker_state::ready)}), start + 1s);
  CHECK(all_of<order_stop>(out).size() == 1);
}

TEST_CASE("a new leader waits for the nodes that it expects") {
  fleet all{{.expected = {"a", "b"}}, start};
  CHECK(all_of<tell_inventory>(all.connect("shop", start)).empty());
  auto out = all.joined(facts("a"), with({found(1, worker_state::ready)}),
                        start);
  CHECK(all_of<tell_inventory>(out).empty());
  out = all.joined(facts("b"), with({found(2, worker_state::ready)}), start);
  auto told = all_of<tell_inventory>(out);
  REQUIRE(told.size() == 1);
  CHECK(told[0].inventory.workers.size() == 2);
}

TEST_CASE("a new leader learns what runs once the nodes it expects are there") {
  fleet all{{.expected = {"a", "b"}}, start};
  CHECK(all_of<tell_applications>(all.list()).empty());
  auto first = all.joined(facts("a"), {{"idle", {}}}, start);
  CHECK(all_of<tell_applications>(first).empty());
  auto last = all.joined(facts("b"), with({found(1, worker_state::ready)}),
                         start);
  auto names = all_of<tell_applications>(last);
  REQUIRE(names.size() == 1);
  CHECK(names[0].names == std::vector<std::string>{"shop"});
  CHECK(all_of<tell_applications>(all.list()).size() == 1);
  CHECK(all_of<tell_applications>(all.on_timer(start + 1h)).empty());
}

TEST_CASE("a new leader sends no table before it knows where all workers are") {
  fleet all{{.expected = {"a", "b"}}, start};
  auto has = with({found(1, worker_state::ready)});
  has.at("shop").table = table(3);
  CHECK(all_of<order_publish>(all.joined(facts("a"), has, start)).empty());
  auto sent = all_of<order_publish>(all.joined(facts("b"), {}, start));
  REQUIRE(sent.size() == 2);
  for (const auto& each : sent) {
    REQUIRE(each.hosts->size() == 1);
    REQUIRE(each.hosts->front().nodes.size() == 1);
    CHECK(each.hosts->front().nodes.front().name == "a");
  }
}

TEST_CASE("a new leader does not wait for ever") {
  fleet all{{.expected = {"a", "b"}}, start};
  static_cast<void>(all.connect("shop", start));
  static_cast<void>(all.joined(facts("a"), {}, start));
  CHECK(all.due() <= start + 3s);
  CHECK(all_of<tell_inventory>(all.on_timer(start + 3s)).size() == 1);
}

TEST_CASE("of two nodes with the same worker, the later start is kept") {
  fleet all{{.expected = {"a", "b"}}, start};
  static_cast<void>(all.connect("shop", start));
  static_cast<void>(all.joined(
    facts("a"), with({found(1, worker_state::ready, 1)}), start));
  auto out = all.joined(facts("b"), with({found(1, worker_state::ready, 2)}),
                        start);
  auto stopped = all_of<order_stop>(out);
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].node == "a");
  auto told = all_of<tell_inventory>(out);
  REQUIRE(told.size() == 1);
  REQUIRE(told[0].inventory.workers.size() == 1);
  CHECK(told[0].inventory.workers[0].key.incarnation == 2);
}

TEST_CASE("a drained node is emptied, and its workers asked until they go") {
  settled_fleet rig{{"a", "b"}};
  auto where = rig.run(1);
  auto out = rig.all.drain(where, start + 4s);
  REQUIRE(out);
  CHECK(told<worker_outgrown>(*out).size() == 1);
  CHECK(told<worker_outgrown>(rig.all.on_timer(start + 9s)).size() == 1);
  auto elsewhere = all_of<order_start>(rig.all.start(order(2), start + 9s));
  REQUIRE(elsewhere.size() == 1);
  CHECK(elsewhere[0].node != where);
  static_cast<void>(rig.all.stop("shop", {{1}, 1}, true));
  static_cast<void>(rig.all.reported(where, "shop", worker_stopped{{{1}, 1}},
                                     start + 9s));
  CHECK(rig.all.nodes().find(where)->state == node_state::drained);
  CHECK(rig.all.drain("nobody", start).error().code == errc::not_found);
}

TEST_CASE("a node that joins gets workers of the others, one at a time") {
  settled_fleet rig{{"a"}};
  for (std::uint64_t id = 1; id <= 4; ++id)
    rig.run(id);
  static_cast<void>(rig.all.publish(table(5)));
  static_cast<void>(rig.all.reported("a", "shop", table_acked{5}, start));
  static_cast<void>(rig.all.joined(facts("b"), {}, start + 4s));
  static_cast<void>(rig.all.reported("b", "shop", table_acked{5}, start + 4s));
  auto moved = told<worker_outgrown>(rig.all.on_timer(start + 9s));
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].reason == "it moves to node b for an even spread");
  CHECK(told<worker_outgrown>(rig.all.on_timer(start + 20s)).size() == 1);
}

TEST_CASE("what an app_master before ordered and fits nowhere is forgotten") {
  settled_fleet rig{{}};
  static_cast<void>(rig.all.start(order(1), start));
  static_cast<void>(rig.all.connect("shop", start));
  CHECK(all_of<order_start>(rig.all.joined(facts("a"), {}, start)).empty());
}

TEST_CASE("a node that comes back with nothing is not ready before the table "
          "is there") {
  settled_fleet rig{{"a"}};
  static_cast<void>(rig.all.publish(table(5)));
  static_cast<void>(rig.all.reported("a", "shop", table_acked{5}, start));
  static_cast<void>(rig.all.joined(facts("a"), {}, start));
  CHECK(rig.all.nodes().find("a")->state == node_state::joining);
  static_cast<void>(rig.all.reported("a", "shop", table_acked{5}, start));
  CHECK(rig.all.nodes().find("a")->state == node_state::ready);
}

TEST_CASE("a new leader goes on with draining what the one before drained") {
  fleet all{{.expected = {"a", "b"}, .drained = {"a"}}, start};
  static_cast<void>(all.connect("shop", start));
  static_cast<void>(
    all.joined(facts("a"), with({found(1, worker_state::ready)}), start));
  auto out = all.joined(facts("b"), {}, start);
  CHECK(all.nodes().find("a")->state == node_state::draining);
  auto later = all.on_timer(start + 5s);
  CHECK(told<worker_outgrown>(later).size() == 1);
  auto placed = all_of<order_start>(all.start(order(2), start + 5s));
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].node == "b");
}

TEST_CASE("an app_master that comes late learns that a node is drained") {
  fleet all{{.expected = {"a"}, .drained = {"a"}}, start};
  static_cast<void>(
    all.joined(facts("a"), with({found(1, worker_state::ready)}), start));
  static_cast<void>(all.on_timer(start + 1min));
  static_cast<void>(all.connect("shop", start + 1min));
  CHECK(all.due() <= start + 2min);
  auto later = all.on_timer(start + 2min);
  CHECK(told<worker_outgrown>(later).size() == 1);
}

TEST_CASE("a node that is expected and drained need not be, any more") {
  fleet all{{.expected = {"a"}, .drained = {"a"}}, start};
  CHECK(all.nodes().drained() == std::vector<std::string>{"a"});
  CHECK(all.undrain("a", start));
  CHECK_FALSE(all.undrain("nobody", start));
  static_cast<void>(all.joined(facts("a"), {}, start));
  CHECK(all.nodes().find("a")->state == node_state::ready);
}

TEST_CASE("a drained node that comes back empty is drained") {
  settled_fleet rig{{"a", "b"}};
  REQUIRE(rig.all.drain("a", start));
  static_cast<void>(rig.all.link_lost("a", start));
  static_cast<void>(rig.all.joined(facts("a"), {}, start));
  CHECK(rig.all.nodes().find("a")->state == node_state::drained);
}
