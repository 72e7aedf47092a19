// What a worker_host does with the tables that it is given.
#include "node/countdown.hpp"
#include "node/worker_host.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <future>
#include <random>

namespace serval {

void worker_host::obey_publish(std::shared_ptr<const app_table> table) {
  if (shutting_down_)
    return;
  auto& app = apps_[table->app];
  if (app.table && app.table->version >= table->version) {
    report(table->app, table_acked{table->version});
    return;
  }
  auto previous = app.table ? app.table->serving : release_number{};
  app.table = table;
  app.unrouted = false;
  for (auto& [number, release] : app.releases)
    release.in_table = find_release(*table, number) != nullptr;
  if (table->serving != previous)
    serve(app, previous);
  close_idle_releases(table->app, app);
  use_routes([this, table] {
    auto app = apps_.find(table->app);
    if (app != apps_.end())
      app->second.acked = std::max(app->second.acked, table->version);
    report(table->app, table_acked{table->version});
    if (app != apps_.end() && app->second.table == table) {
      app->second.unrouted = table->deleted;
      end_triggers_if_over(app->second);
    }
  });
}

void worker_host::serve(app_host& app, release_number previous) {
  auto& table = *app.table;
  auto name = table.app;
  auto idle = after(setup_.loops.size(), [this, name, previous] {
    if (previous)
      on_control_loop([this, name, previous] {
        release_is_idle(name, previous);
      });
  });
  auto* next = find_release(table, table.serving);
  if (next == nullptr) {
    for (auto& trigger : app.triggers)
      caf::anon_send(trigger.handle, serve_nothing{idle});
    return;
  }
  auto& spec = *next->spec;
  if (!app.places)
    app.places = std::make_shared<admission>(spec.max_requests);
  app.places->set_limit(spec.max_requests);
  if (app.triggers.empty())
    for (auto& home : setup_.loops)
      app.triggers.push_back(
        spawn_trigger(setup_.system, home.get(),
                      {name, app.places, &setup_.memory,
                       std::random_device{}()}));
  // Its last worker may have died since the table was made.
  auto& release = open_release(app, name, table.serving, next->spec);
  release.in_table = true;
  release.served = true;
  for (std::size_t i = 0; i < setup_.loops.size(); ++i)
    caf::anon_send(app.triggers[i].handle,
                   serve_release{{table.serving, release.dispatchers[i],
                                  spec.entry, spec.deadline, release.board},
                                 idle});
}

void worker_host::release_is_idle(const std::string& app,
                                  release_number number) {
  auto& releases = apps_[app].releases;
  if (auto found = releases.find(number); found != releases.end())
    found->second.idle = true;
  report(app, release_idle{number});
}

void worker_host::close_idle_releases(const std::string& name,
                                      app_host& app) {
  for (auto next = app.releases.begin(); next != app.releases.end();) {
    auto& release = next->second;
    if (release.in_table || release.workers > 0
        || (app.table && find_release(*app.table, next->first) != nullptr)) {
      ++next;
      continue;
    }
    for (auto& dispatcher : release.dispatchers)
      caf::anon_send_exit(dispatcher.handle, caf::exit_reason::user_shutdown);
    if (setup_.peers != nullptr)
      setup_.peers->close_release(name, next->first,
                                  std::move(release.gateways));
    for (auto& [backend, pools] : release.pools)
      for (std::size_t i = 0; i < pools.size(); ++i)
        setup_.loops[i]->post([last = std::move(pools[i])] {
          // Its end belongs on its own loop.
        });
    next = app.releases.erase(next);
  }
  end_triggers_if_over(app);
}

void worker_host::end_triggers_if_over(app_host& app) {
  // Requests of a deleted application still run to their ends.
  if (!app.unrouted || !app.releases.empty())
    return;
  for (auto& trigger : app.triggers)
    caf::anon_send_exit(trigger.handle, caf::exit_reason::user_shutdown);
  app.triggers.clear();
}

void worker_host::use_routes(std::function<void()> done) {
  auto all = after(setup_.loops.size(), [this, done = std::move(done)] {
    on_control_loop(done);
  });
  for (std::size_t i = 0; i < setup_.loops.size(); ++i)
    setup_.loops[i]->post([this, i, routes = routes_of(i), all] {
      setup_.use_routes(i, routes);
      all();
    });
}

std::optional<std::set<std::string>> worker_host::plugins_in_use() {
  auto answer = std::make_shared<std::promise<std::set<std::string>>>();
  on_control_loop([this, answer] {
    std::set<std::string> plugins;
    for (const auto& [name, app] : apps_) {
      for (const auto& [number, release] : app.releases)
        plugins.insert(release.spec->plugin_sha256);
      for (const auto& [id, start] : app.waiting)
        plugins.insert(start.order.spec->plugin_sha256);
      if (app.table)
        for (const auto& release : app.table->releases)
          plugins.insert(release.spec->plugin_sha256);
    }
    answer->set_value(std::move(plugins));
  });
  auto told = answer->get_future();
  if (told.wait_for(std::chrono::seconds{5}) != std::future_status::ready)
    return std::nullopt;
  return told.get();
}

std::vector<route> worker_host::routes_of(std::size_t loop) const {
  std::vector<route> routes;
  for (auto& [name, app] : apps_) {
    if (!app.table || app.table->deleted || app.table->releases.empty())
      continue;
    auto* serving = find_release(*app.table, app.table->serving);
    auto& spec = serving ? *serving->spec : *app.table->releases.back().spec;
    route next;
    next.path = spec.route;
    next.application = name;
    next.methods = spec.methods;
    next.deadline = spec.deadline;
    if (serving && loop < app.triggers.size())
      next.entry = app.triggers[loop].entry;
    routes.push_back(std::move(next));
  }
  return routes;
}

} // namespace serval
