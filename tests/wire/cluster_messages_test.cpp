// Goal: what a node and its leader say arrives as it was said, and no bytes can
// hurt either. Method: what is written once is the same when it is read and
// written again; prefixes; damage.
#include "wire/cluster_messages.hpp"

#include "wire/damage.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

app_table sample_table() {
  app_table table;
  table.app = "shop";
  table.version = 7;
  table.serving = {2};
  table.releases = {{{1}, nullptr, {{"back", {{4}, {5}}}, {"front", {}}}},
                    {{2}, nullptr, {}}};
  return table;
}

inventory_message sample_inventory() {
  inventory_message out{"shop", {{{1}, "{}"}, {{2}, "{\"a\":1}"}}, {}};
  for (auto state : {worker_state::starting, worker_state::queued,
                     worker_state::ready, worker_state::draining,
                     worker_state::stopping})
    out.has.workers.push_back({{{4}, 3}, {1}, nullptr, "back", state, 4711});
  out.has.table = std::make_shared<const app_table>(sample_table());
  out.has.acked = 6;
  out.has.idle = {{1}};
  out.has.highest_id = {99};
  out.other_specs[{4}] = "{\"b\":2}";
  return out;
}

node_facts sample_facts() {
  return {"node-1", "zone-a",        "10.0.0.1:9460", "10.0.0.1:9470", "boot",
          "1.2.3",  {"gpu", "fast"}, 7.5,             std::uint64_t{64} << 30,
          2};
}

std::vector<cluster_message> samples() {
  worker_key key{{4}, 3};
  std::vector<cluster_message> out{
    {{1},
     join_message{sample_facts(), {sample_inventory(), {"empty", {}, {}}}}},
    {{2}, artifact_request_message{std::string(64, 'a'), 1u << 20}},
    {{3}, welcome_message{"node-1", "10.0.0.1:9470"}},
    {{0}, turn_away_message{"not the leader", "10.0.0.2:9460"}},
    {{4}, use_release_message{"shop", {{1}, "{}"}}},
    {{4}, start_order_message{{"shop", {1}, nullptr, "back", key, 2}}},
    {{4}, stop_order_message{"shop", key, true}},
    {{4}, publish_message{sample_table(),
                          {{{1}, {{"node-1", "10.0.0.1:9460", "a"}}},
                           {{2}, {}}}}},
    {{5}, artifact_part_message{std::string(64, 'a'), 3, 6,
                                std::string("\0\1\xff", 3), {}}},
    {{5}, artifact_part_message{std::string(64, 'a'), 0, 0, {}, "gone"}},
    {{5}, members_message{{{"node-1", "10.0.0.1:9460", "a"},
                           {"node-2", "10.0.0.2:9460", ""}},
                          {"node-2", "node-3"},
                          2}},
  };
  for (node_report report : std::vector<node_report>{
         worker_delayed{key, "others first"}, worker_begun{key},
         worker_ready{key, 4711}, worker_failed{key, "no"},
         worker_died{key, "killed"}, worker_stopped{key},
         worker_unhealthy{key, "ill", true}, worker_outgrown{key, "big"},
         table_acked{7}, release_idle{{1}}})
    out.push_back({{9}, report_message{"shop", report}});
  return out;
}

} // namespace

TEST_CASE("what a node and its leader say arrives as it was said") {
  for (const auto& sample : samples()) {
    auto bytes = encode_cluster_message(sample);
    auto read = decode_cluster_message(
      aligned_bytes{as_bytes_view(bytes)}.view());
    REQUIRE(read);
    CHECK(read->epoch == sample.epoch);
    CHECK(read->body.index() == sample.body.index());
    // Every field has a value of its own here, so that one that is forgotten
    // shows.
    CHECK((encode_cluster_message(*read) == bytes));
  }
}

TEST_CASE("a join says all of a node") {
  auto bytes = encode_cluster_message(samples().front());
  auto read = decode_cluster_message(
    aligned_bytes{as_bytes_view(bytes)}.view());
  REQUIRE(read);
  const auto& join = std::get<join_message>(read->body);
  CHECK(join.facts == sample_facts());
  REQUIRE(join.has.size() == 2);
  const auto& has = join.has[0].has;
  REQUIRE(has.workers.size() == 5);
  CHECK(has.workers[2].state == worker_state::ready);
  CHECK(has.workers[2].pid == 4711);
  REQUIRE(has.table);
  CHECK(has.table->releases[0].backends[0].workers
        == std::vector<worker_id>{{4}, {5}});
  CHECK(has.highest_id == worker_id{99});
  CHECK(has.idle == std::vector<release_number>{{1}});
  CHECK(join.has[0].other_specs.at({4}) == "{\"b\":2}");
}

TEST_CASE("a node of a version that does not say what it reads reads the first "
          "format") {
  auto facts = sample_facts();
  facts.journal_format = 0;
  auto read = [](const cluster_message& said) {
    auto bytes = encode_cluster_message(said);
    return *decode_cluster_message(aligned_bytes{as_bytes_view(bytes)}.view());
  };
  auto joins = read({{1}, join_message{facts, {}}});
  CHECK(std::get<join_message>(joins.body).facts.journal_format == 1);
  auto leads = read({{1}, members_message{{}, {}, 0}});
  CHECK(std::get<members_message>(leads.body).journal_format == 1);
}

TEST_CASE("no bytes of another node can hurt") {
  auto decode = [](bytes_view bytes) {
    static_cast<void>(decode_cluster_message(bytes));
  };
  for (const auto& sample : samples()) {
    auto bytes = encode_cluster_message(sample);
    for_each_truncation(as_bytes_view(bytes), decode);
    for_each_damage(as_bytes_view(bytes), 5, 2000, decode);
  }
}
