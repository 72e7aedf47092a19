// Goal: a node joins with all that it has, obeys the leader of the highest
// epoch only, and starts nothing before its plugin is there. Method: the core,
// with messages of the test's own.
#include "cluster/node_agent.hpp"

#include "cluster/inventory_specs.hpp"
#include "spec/spec_json.hpp"
#include "support/sample_spec.hpp"

#include <doctest/doctest.h>

#include <cstring>

using namespace serval;

namespace {

const auto spec = std::make_shared<const app_spec>(sample_spec());

node_facts facts() {
  node_facts out;
  out.name = "a";
  return out;
}

template <class T>
std::vector<T> all_of(const agent_effects& effects) {
  std::vector<T> out;
  for (const auto& each : effects)
    if (const auto* x = std::get_if<T>(&each))
      out.push_back(*x);
  return out;
}

template <class Body>
std::vector<Body> sent(const agent_effects& effects) {
  std::vector<Body> out;
  for (const auto& each : all_of<send_to_leader>(effects))
    if (const auto* x = std::get_if<Body>(&each.message.body))
      out.push_back(*x);
  return out;
}

template <class Report>
std::vector<Report> told(const agent_effects& effects) {
  std::vector<Report> out;
  for (const auto& each : sent<report_message>(effects))
    if (const auto* x = std::get_if<Report>(&each.report))
      out.push_back(*x);
  return out;
}

worker_order order(std::uint64_t id) {
  return {"shop", {1}, nullptr, "back", {{id}, 1}, 0};
}

/// An agent that has joined, under epoch 2, and knows the release.
node_agent joined_agent() {
  node_agent agent{facts()};
  static_cast<void>(agent.link_is_up());
  static_cast<void>(agent.on_message(
    {{2}, welcome_message{"leader", "10.0.0.1:9470"}}));
  static_cast<void>(agent.on_message(
    {{2}, use_release_message{"shop", {{1}, to_canonical_json(*spec)}}}));
  REQUIRE(agent.joined());
  return agent;
}

} // namespace

TEST_CASE("a worker starts once its plugin is there, which is got once") {
  auto agent = joined_agent();
  auto out = agent.on_message({{2}, start_order_message{order(1)}});
  CHECK(all_of<obey_start>(out).empty());
  REQUIRE(all_of<fetch_artifact>(out).size() == 1);
  out = agent.on_message({{2}, start_order_message{order(2)}});
  CHECK(all_of<fetch_artifact>(out).empty());
  auto started
    = all_of<obey_start>(agent.artifact_is_here(spec->plugin_sha256));
  REQUIRE(started.size() == 2);
  CHECK(*started[0].order.spec == *spec);
  CHECK(started[0].under == epoch{2});
  out = agent.on_message({{2}, start_order_message{order(3)}});
  CHECK(all_of<obey_start>(out).size() == 1);
}

TEST_CASE("a plugin that was removed is got again when it is needed") {
  auto agent = joined_agent();
  static_cast<void>(agent.artifact_is_here(spec->plugin_sha256));
  agent.artifact_is_gone(spec->plugin_sha256);
  auto out = agent.on_message({{2}, start_order_message{order(1)}});
  CHECK(all_of<obey_start>(out).empty());
  CHECK(all_of<fetch_artifact>(out).size() == 1);
}

TEST_CASE("a worker whose plugin cannot be got has failed, and says why") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  auto failed = told<worker_failed>(
    agent.artifact_is_missing(spec->plugin_sha256, "nobody has it"));
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].reason == "its plugin is missing: nobody has it");
}

TEST_CASE("a worker that waits for its plugin can be stopped") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  static_cast<void>(
    agent.on_message({{2}, stop_order_message{"shop", {{1}, 1}, false}}));
  CHECK(all_of<obey_start>(agent.artifact_is_here(spec->plugin_sha256))
          .empty());
}

TEST_CASE("left alone, a node stops what is to stop then, and nothing else") {
  auto agent = joined_agent();
  static_cast<void>(agent.artifact_is_here(spec->plugin_sha256));
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  auto stopping = sample_spec();
  stopping.on_partition = partition_policy::stop;
  static_cast<void>(agent.on_message(
    {{2}, use_release_message{"once", {{1}, to_canonical_json(stopping)}}}));
  auto once = order(1);
  once.app = "once";
  static_cast<void>(agent.on_message({{2}, start_order_message{once}}));
  static_cast<void>(agent.link_is_lost());
  auto stops = all_of<obey_stop>(agent.left_alone());
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].app == "once");
  CHECK(stops[0].drain);
  CHECK(stops[0].under == epoch{2});
  // Nor does the daemon start it when it is started anew.
  std::size_t kept = 0;
  for (const auto& each : agent.kept())
    kept += std::holds_alternative<start_order_message>(each.body) ? 1 : 0;
  CHECK(kept == 1);
  CHECK(agent.left_alone().empty());
}

TEST_CASE("an order of a leader that leads no more is refused") {
  auto agent = joined_agent();
  auto out
    = agent.on_message({{1}, stop_order_message{"shop", {{1}, 1}, false}});
  CHECK(all_of<obey_stop>(out).empty());
  REQUIRE(all_of<leave_leader>(out).size() == 1);
  CHECK(all_of<leave_leader>(out)[0].stale);
}

TEST_CASE("a node joins with what it has, once it has counted all of it") {
  auto agent = joined_agent();
  static_cast<void>(agent.link_is_lost());
  CHECK(!agent.joined());
  auto out = agent.link_is_up();
  CHECK(sent<join_message>(out).empty());
  REQUIRE(all_of<watch_app>(out).size() == 1);
  // Too early to be told.
  CHECK(agent.on_report("shop", worker_ready{{{1}, 1}, 5}).empty());
  app_inventory has;
  has.workers = {
    {{{1}, 1}, {1}, spec, "back", worker_state::ready, 5},
  };
  auto joins = sent<join_message>(agent.on_inventory("shop", has));
  REQUIRE(joins.size() == 1);
  REQUIRE(joins[0].has.size() == 1);
  CHECK(joins[0].has[0].has.workers.size() == 1);
  REQUIRE(joins[0].has[0].releases.size() == 1);
  CHECK(joins[0].has[0].releases[0].spec == to_canonical_json(*spec));
  CHECK(told<worker_ready>(agent.on_report("shop", worker_ready{{{1}, 1}, 5}))
          .size()
        == 1);
}

TEST_CASE("a worker joins as what it runs, also when its release's number is "
          "another's by now") {
  auto agent = joined_agent();
  auto other = std::make_shared<const app_spec>(sample_spec(2));
  static_cast<void>(agent.on_message(
    {{2}, use_release_message{"shop", {{1}, to_canonical_json(*spec)}}}));
  app_table table;
  table.app = "shop";
  table.version = 3;
  table.serving = {1};
  table.releases = {{{1}, spec, {}}};
  static_cast<void>(agent.link_is_lost());
  static_cast<void>(agent.link_is_up());
  app_inventory has;
  has.workers = {
    {{{1}, 1}, {1}, other, "back", worker_state::ready, 5},
    {{{2}, 1}, {1}, spec, "back", worker_state::ready, 6},
  };
  has.table = std::make_shared<const app_table>(table);
  auto joins = sent<join_message>(agent.on_inventory("shop", has));
  REQUIRE(joins.size() == 1);
  auto& said = joins[0].has[0];
  REQUIRE(said.other_specs.size() == 1);
  for (auto& each : said.has.workers)
    each.spec = nullptr;
  auto named = bind_specs(said);
  REQUIRE(named);
  CHECK(*named->at({1}) == *spec);
  CHECK(*said.has.workers[0].spec == *other);
  CHECK(*said.has.workers[1].spec == *spec);
}

TEST_CASE("what a lost leader ordered and was not begun is dropped") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  static_cast<void>(agent.link_is_lost());
  CHECK(agent.artifact_is_here(spec->plugin_sha256).empty());
}

TEST_CASE("a node gets the plugins of all tables, also of no worker of its") {
  auto agent = joined_agent();
  app_table table;
  table.app = "shop";
  table.version = 3;
  table.serving = {1};
  table.releases = {{{1}, nullptr, {}}};
  auto out = agent.on_message({{2}, publish_message{table, {}}});
  CHECK(all_of<fetch_artifact>(out).size() == 1);
  auto tables = all_of<obey_table>(out);
  REQUIRE(tables.size() == 1);
  CHECK(*tables[0].table->releases[0].spec == *spec);
}

TEST_CASE("a leader that speaks of what it never told is left") {
  auto agent = joined_agent();
  app_table table;
  table.app = "shop";
  table.releases = {{{9}, nullptr, {}}};
  CHECK(all_of<leave_leader>(
          agent.on_message({{2}, publish_message{table, {}}}))
          .size()
        == 1);
  auto out = agent.on_message(
    {{2}, start_order_message{{"shop", {9}, nullptr, "back", {{1}, 1}, 0}}});
  CHECK(told<worker_failed>(out).size() == 1);
  CHECK(all_of<leave_leader>(
          agent.on_message(
            {{2}, use_release_message{"shop", {{3}, "no JSON"}}}))
          .size()
        == 1);
}

TEST_CASE("a node that is sent away goes where it is sent") {
  node_agent agent{facts()};
  static_cast<void>(agent.link_is_up());
  auto left = all_of<leave_leader>(
    agent.on_message({{0}, turn_away_message{"not me", "10.0.0.2:9460"}}));
  REQUIRE(left.size() == 1);
  CHECK(left[0].address == "10.0.0.2:9460");
}

TEST_CASE("a node that is started anew does what it did, without a leader") {
  auto agent = joined_agent();
  static_cast<void>(agent.artifact_is_here(spec->plugin_sha256));
  for (std::uint64_t id = 1; id <= 3; ++id)
    static_cast<void>(
      agent.on_message({{2}, start_order_message{order(id)}}));
  app_table table;
  table.app = "shop";
  table.version = 3;
  table.serving = {1};
  table.releases = {{{1}, nullptr, {}}};
  std::vector<release_hosts> hosts{{{1}, {{"b", "10.0.0.2:9460", ""}}}};
  static_cast<void>(agent.on_message({{2}, publish_message{table, hosts}}));
  // One died, and one was stopped: neither is to be there.
  static_cast<void>(agent.on_report("shop", worker_died{{{1}, 1}, "killed"}));
  auto version = agent.kept_version();
  static_cast<void>(
    agent.on_message({{2}, stop_order_message{"shop", {{2}, 1}, true}}));
  CHECK(agent.kept_version() != version);

  // As they come out of a file.
  std::vector<cluster_message> kept;
  for (const auto& each : agent.kept()) {
    auto bytes = encode_cluster_message(each);
    std::vector<std::uint64_t> aligned(bytes.size() / 8 + 1);
    std::memcpy(aligned.data(), bytes.data(), bytes.size());
    kept.push_back(
      decode_cluster_message(
        {reinterpret_cast<const std::byte*>(aligned.data()), bytes.size()})
        .value());
  }
  node_agent again{facts()};
  auto out = again.restore(kept);
  CHECK(all_of<send_to_leader>(out).empty());
  REQUIRE(all_of<obey_table>(out).size() == 1);
  CHECK(all_of<obey_table>(out)[0].hosts == hosts);
  CHECK(all_of<fetch_artifact>(out).size() == 1);
  // That no leader is found changes nothing.
  static_cast<void>(again.link_is_lost());
  auto started
    = all_of<obey_start>(again.artifact_is_here(spec->plugin_sha256));
  REQUIRE(started.size() == 1);
  CHECK(started[0].order.key == worker_key{{3}, 1});
  CHECK(started[0].under == epoch{2});
  CHECK(again.epoch() == epoch{2});
  // The next leader hears of it as of any worker.
  CHECK(all_of<watch_app>(again.link_is_up()).size() == 1);
}

TEST_CASE("a worker that waits for its plugin is part of what a node has") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  node_agent again{facts()};
  static_cast<void>(again.restore(agent.kept()));
  static_cast<void>(again.link_is_up());
  auto joins = sent<join_message>(again.on_inventory("shop", {}));
  REQUIRE(joins.size() == 1);
  REQUIRE(joins[0].has[0].has.workers.size() == 1);
  CHECK(joins[0].has[0].has.workers[0].state == worker_state::queued);
  // It starts under the leader that there is by then.
  static_cast<void>(
    again.on_message({{5}, welcome_message{"leader", "10.0.0.1:9470"}}));
  auto started
    = all_of<obey_start>(again.artifact_is_here(spec->plugin_sha256));
  REQUIRE(started.size() == 1);
  CHECK(started[0].under == epoch{5});
}

TEST_CASE("a worker that begins while the node counts is counted") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  static_cast<void>(agent.on_message({{2}, start_order_message{order(2)}}));
  node_agent again{facts()};
  static_cast<void>(again.restore(agent.kept()));
  static_cast<void>(again.link_is_up());
  // The host was asked what it has before it is told to start these.
  static_cast<void>(again.artifact_is_here(spec->plugin_sha256));
  app_inventory has;
  has.workers.push_back(
    {{{2}, 1}, {1}, spec, "back", worker_state::starting, 0});
  auto joins = sent<join_message>(again.on_inventory("shop", has));
  REQUIRE(joins.size() == 1);
  const auto& workers = joins[0].has[0].has.workers;
  REQUIRE(workers.size() == 2);
  CHECK(workers[0].state == worker_state::starting);
  CHECK(workers[1].key == worker_key{{1}, 1});
  CHECK(workers[1].state == worker_state::queued);
}

TEST_CASE("a worker whose plugin cannot be got is not kept") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  static_cast<void>(agent.artifact_is_missing(spec->plugin_sha256, "gone"));
  for (const auto& each : agent.kept())
    CHECK(!std::holds_alternative<start_order_message>(each.body));
}

TEST_CASE("a later start of a slot takes the place of one that waits") {
  auto agent = joined_agent();
  static_cast<void>(agent.on_message({{2}, start_order_message{order(1)}}));
  auto later = order(1);
  later.key.incarnation = 2;
  static_cast<void>(agent.on_message({{2}, start_order_message{later}}));
  auto started
    = all_of<obey_start>(agent.artifact_is_here(spec->plugin_sha256));
  REQUIRE(started.size() == 1);
  CHECK(started[0].order.key.incarnation == 2);
}

TEST_CASE("a release whose plugin has no hash is refused") {
  auto agent = joined_agent();
  auto bad = *spec;
  bad.plugin_sha256 = "../../etc/passwd";
  CHECK(all_of<leave_leader>(
          agent.on_message(
            {{2},
             use_release_message{"shop", {{2}, to_canonical_json(bad)}}}))
          .size()
        == 1);
}
