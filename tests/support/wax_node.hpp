#pragma once

#include "app_master/worker_control.hpp"

#include <map>
#include <string>

namespace serval {

/// A node of wax: does at once what an app_master asks, and reports it. What it
/// has can be looked at, and broken.
class wax_node final : public worker_control {
public:
  void connect(std::string app, report_handler handler) override {
    handlers[app] = std::move(handler);
  }

  void probe(std::string app, release_number release,
             std::shared_ptr<const app_spec>) override {
    report(app, release_probed{release, refuse.empty(), refuse, warnings});
  }

  void start(worker_order order) override {
    auto app = order.app;
    auto key = order.key;
    bodies[key] = std::move(order);
    report(app, worker_ready{key, 4711});
  }

  void stop(std::string app, worker_key key, bool) override {
    bodies.erase(key);
    report(app, worker_stopped{key});
  }

  void publish(std::shared_ptr<const app_table> table) override {
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

  std::map<std::string, report_handler> handlers;
  std::map<worker_key, worker_order> bodies;
  std::map<std::string, std::shared_ptr<const app_table>> tables;
  /// Why the next plugins fail their trial; empty if they do not.
  std::string refuse;
  std::vector<std::string> warnings;
};

} // namespace serval
