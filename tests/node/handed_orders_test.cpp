// Goal: a daemon that takes another's place does what that one did. Method: one
// host's stock, as orders, to another host.
#include "node/handed_orders.hpp"

#include "support/sample_spec.hpp"
#include "support/wax_node.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

const auto spec = std::make_shared<const app_spec>(sample_spec());

found_worker worker(std::uint64_t id, worker_state state) {
  return {{{id}, 1}, {1}, spec, spec->backends.front().name, state, 0};
}

worker_host::stock sample() {
  app_table table;
  table.app = spec->name;
  table.version = 4;
  table.serving = {1};
  table.releases.push_back({{1}, spec, {}});
  app_inventory has;
  has.workers = {worker(1, worker_state::ready),
                 worker(2, worker_state::starting)};
  has.table = std::make_shared<const app_table>(table);
  has.acked = 4;
  return {{7}, {{spec->name, has}}};
}

/// As they come from the file.
std::vector<cluster_message> read_back(std::vector<cluster_message> orders) {
  for (auto& each : orders)
    each = decode_cluster_message(as_bytes_view(encode_cluster_message(each)))
             .value();
  return orders;
}

} // namespace

TEST_CASE("a node's stock becomes orders that make another node like it") {
  auto stock = sample();
  auto orders = read_back(only_ready(orders_of(stock), stock));
  wax_node other;
  REQUIRE(obey_orders(other, orders));
  REQUIRE(other.bodies.size() == 1);
  CHECK(other.bodies.contains(worker_key{{1}, 1}));
  REQUIRE(other.tables.contains(spec->name));
  const auto& table = *other.tables.at(spec->name);
  CHECK(table.version == 4);
  CHECK(table.releases.front().spec->name == spec->name);
}

TEST_CASE("orders are done once their workers are ready and the table is out") {
  auto stock = sample();
  auto orders = orders_of(stock);
  auto& has = stock.apps.at(spec->name);
  CHECK_FALSE(are_done(orders, stock));
  has.workers[1].state = worker_state::ready;
  CHECK(are_done(orders, stock));
  has.acked = 3;
  CHECK_FALSE(are_done(orders, stock));
  has.acked = 4;
  has.workers.pop_back();
  CHECK_FALSE(are_done(orders, stock));
  CHECK_FALSE(are_done(orders, {}));
  CHECK(are_done({}, {}));
}

TEST_CASE("orders of a release that nobody described are refused") {
  auto orders = orders_of(sample());
  std::erase_if(orders, [](const auto& each) {
    return std::holds_alternative<use_release_message>(each.body);
  });
  wax_node other;
  auto obeyed = obey_orders(other, read_back(orders));
  REQUIRE_FALSE(obeyed);
  CHECK(obeyed.error().code == errc::corrupt);
}
