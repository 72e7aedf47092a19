#pragma once

#include "app_master/command_fence.hpp"
#include "app_master/worker_control.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace serval {

/// A node of wax: does at once what an app_master asks, and reports it. What it
/// has can be looked at, and broken.
class wax_node final : public worker_control {
public:
  void list(serval::epoch under, names_handler on_names) override {
    if (!fence.admit(under))
      return;
    std::set<std::string> names;
    for (const auto& [key, order] : bodies)
      names.insert(order.app);
    on_names({names.begin(), names.end()});
  }

  void connect(serval::epoch under, std::string app,
               inventory_handler on_inventory,
               report_handler on_report) override {
    if (!fence.admit(under))
      return;
    app_inventory stock;
    for (const auto& [key, order] : bodies) {
      stock.highest_id = std::max(stock.highest_id, key.id);
      if (order.app == app)
        stock.workers.push_back({key, order.release, order.spec, order.backend,
                                 worker_state::ready, 4711});
    }
    if (auto found = tables.find(app); found != tables.end()) {
      stock.table = found->second;
      stock.acked = stock.table->version;
    }
    handlers[app] = std::move(on_report);
    on_inventory(std::move(stock));
  }

  void disconnect(serval::epoch under, std::string app) override {
    if (under < fence.highest())
      return;
    handlers.erase(app);
  }

  void probe(serval::epoch under, std::string app, release_number release,
             std::shared_ptr<const app_spec>) override {
    if (!fence.admit(under))
      return;
    report(app, release_probed{release, refuse.empty(), refuse, warnings});
  }

  void start(serval::epoch under, worker_order order) override {
    if (!fence.admit(under))
      return;
    if (breaks_on_start)
      throw std::runtime_error("the node of wax melts");
    SERVAL_ASSERT(!breaks_an_assumption);
    ++starts;
    auto app = order.app;
    auto key = order.key;
    bodies[key] = std::move(order);
    report(app, worker_ready{key, 4711});
  }

  void stop(serval::epoch under, std::string app, worker_key key,
            bool) override {
    if (!fence.admit(under))
      return;
    bodies.erase(key);
    report(app, worker_stopped{key});
  }

  void publish(serval::epoch under,
               std::shared_ptr<const app_table> table) override {
    if (!fence.admit(under))
      return;
    tables[table->app] = table;
    report(table->app, table_acked{table->version});
  }

  void report(const std::string& app, node_report what) {
    if (auto& handler = handlers[app])
      handler(std::move(what));
  }

  void crash(worker_key key, std::string reason) {
    auto app = bodies.at(key).app;
    bodies.erase(key);
    report(app, worker_died{key, std::move(reason)});
  }

  command_fence fence;
  std::map<std::string, report_handler> handlers;
  std::map<worker_key, worker_order> bodies;
  std::map<std::string, std::shared_ptr<const app_table>> tables;
  /// Why the next plugins fail their trial; empty if they do not.
  std::string refuse;
  std::vector<std::string> warnings;
  std::size_t starts = 0;
  /// Whoever orders a start gets an exception.
  bool breaks_on_start = false;
  bool breaks_an_assumption = false;
};

} // namespace serval
