#include "node/handed_orders.hpp"

#include "spec/spec_json.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace serval {

namespace {

void add_specs(const std::string& app, const app_inventory& has,
               epoch under, std::vector<cluster_message>& out) {
  std::map<release_number, std::shared_ptr<const app_spec>> specs;
  for (const auto& worker : has.workers)
    specs[worker.release] = worker.spec;
  if (has.table)
    for (const auto& release : has.table->releases)
      specs[release.release] = release.spec;
  for (const auto& [number, spec] : specs)
    out.push_back(
      {under, use_release_message{app, {number, to_canonical_json(*spec)}}});
}

const found_worker* find_worker(const worker_host::stock& stock,
                                const worker_order& order) {
  auto app = stock.apps.find(order.app);
  if (app == stock.apps.end())
    return nullptr;
  auto found = std::ranges::find(app->second.workers, order.key,
                                 &found_worker::key);
  return found == app->second.workers.end() ? nullptr : &*found;
}

bool is_ready(const worker_host::stock& stock, const worker_order& order) {
  const auto* found = find_worker(stock, order);
  return found != nullptr && found->state == worker_state::ready;
}

bool has_table(const worker_host::stock& stock, const app_table& table) {
  auto app = stock.apps.find(table.app);
  return app != stock.apps.end() && app->second.acked >= table.version;
}

} // namespace

std::vector<cluster_message> orders_of(const worker_host::stock& stock) {
  std::vector<cluster_message> out;
  for (const auto& [name, has] : stock.apps) {
    add_specs(name, has, stock.epoch, out);
    for (const auto& worker : has.workers)
      out.push_back({stock.epoch,
                     start_order_message{{name, worker.release, worker.spec,
                                          worker.backend, worker.key}}});
    if (has.table)
      out.push_back({stock.epoch, publish_message{*has.table, {}}});
  }
  return out;
}

std::vector<cluster_message> only_ready(std::vector<cluster_message> orders,
                                        const worker_host::stock& stock) {
  std::erase_if(orders, [&](const cluster_message& each) {
    const auto* start = std::get_if<start_order_message>(&each.body);
    return start != nullptr && !is_ready(stock, start->order);
  });
  return orders;
}

result<void> obey_orders(worker_control& host,
                         std::vector<cluster_message> orders) {
  std::map<std::pair<std::string, release_number>,
           std::shared_ptr<const app_spec>>
    specs;
  for (auto& [under, body] : orders) {
    if (const auto* release = std::get_if<use_release_message>(&body)) {
      auto spec = parse_spec_json(release->release.spec);
      if (!spec)
        return error{errc::corrupt, spec.error().message};
      specs[{release->app, release->release.number}]
        = std::make_shared<const app_spec>(std::move(*spec));
    } else if (auto* start = std::get_if<start_order_message>(&body)) {
      auto& order = start->order;
      order.spec = specs[{order.app, order.release}];
      if (!order.spec)
        return error{errc::corrupt, "a worker's release is missing"};
      host.start(under, std::move(order));
    } else if (auto* publish = std::get_if<publish_message>(&body)) {
      auto& table = publish->table;
      for (auto& each : table.releases) {
        each.spec = specs[{table.app, each.release}];
        if (!each.spec)
          return error{errc::corrupt, "a table's release is missing"};
      }
      host.publish(under, std::make_shared<const app_table>(std::move(table)));
    }
  }
  return {};
}

bool are_done(const std::vector<cluster_message>& orders,
              const worker_host::stock& stock) {
  return std::ranges::all_of(orders, [&](const cluster_message& each) {
    if (const auto* start = std::get_if<start_order_message>(&each.body))
      return is_ready(stock, start->order);
    const auto* publish = std::get_if<publish_message>(&each.body);
    return publish == nullptr || has_table(stock, publish->table);
  });
}

} // namespace serval
