// What app_masters want of the fleet. What becomes of nodes is in
// fleet_nodes.cpp.
#include "cluster/fleet.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace serval {

fleet::fleet(settings how, time_point now)
  : how_(std::move(how)),
    members_(how_.lost_after, how_.drained),
    awaited_(how_.expected) {
  // Whoever is expected, the leader's own node comes in a moment.
  gather_until_ = now + how_.gather_for;
  known_from_ = how_.expected.empty() ? *gather_until_ : now;
}

fleet_effects fleet::list() {
  asks_for_names_ = !gathered();
  if (asks_for_names_)
    return {};
  return {name_those_that_run()};
}

tell_applications fleet::name_those_that_run() const {
  tell_applications out;
  for (const auto& [name, app] : apps_)
    if (!app.workers.empty())
      out.names.push_back(name);
  return out;
}

fleet_effects fleet::connect(const std::string& app, time_point now) {
  fleet_effects out;
  auto& entry = apps_[app];
  entry.connected = false;
  entry.asks = true;
  // It has yet to order them itself.
  pending_ -= entry.pending.size();
  entry.pending.clear();
  if (gathered())
    begin(app, entry, now, out);
  return out;
}

/// Its app_master is told what runs, and then which of it should move.
void fleet::begin(const std::string& name, app_entry& app, time_point now,
                  fleet_effects& out) {
  app.asks = false;
  app.connected = true;
  out.push_back(tell_inventory{name, take_stock(app)});
  settle_later(name, now);
}

void fleet::disconnect(const std::string& app) {
  auto& entry = apps_[app];
  entry.connected = false;
  entry.asks = false;
}

fleet_effects fleet::start(const worker_order& order, time_point now) {
  fleet_effects out;
  settle_later(order.app, now);
  auto& app = apps_[order.app];
  app.highest_id = std::max(app.highest_id, order.key.id);
  pending_ -= app.pending.erase(order.key.id);
  if (auto found = app.workers.find(order.key.id); found != app.workers.end()) {
    auto& there = found->second;
    if (there.key == order.key) { // The order was repeated.
      if (reachable(there.node))
        out.push_back(order_start{there.node, order});
      return out;
    }
    if (reachable(there.node))
      out.push_back(order_stop{there.node, order.app, there.key, false});
    remove_worker(order.app, found);
  }
  if (auto placed = place(app, order, out); !placed) {
    app.pending.emplace(order.key.id, order);
    ++pending_;
    out.push_back(tell_report{
      order.app, worker_delayed{order.key, placed.error().message}});
  }
  return out;
}

fleet_effects fleet::stop(const std::string& app, worker_key key, bool drain) {
  fleet_effects out;
  auto& entry = apps_[app];
  if (auto waits = entry.pending.find(key.id);
      waits != entry.pending.end() && waits->second.key == key) {
    entry.pending.erase(waits);
    --pending_;
  }
  auto found = entry.workers.find(key.id);
  if (found == entry.workers.end() || found->second.key != key) {
    out.push_back(tell_report{app, worker_stopped{key}});
    return out;
  }
  auto& worker = found->second;
  // One that was kept there is told when its node is back.
  if (members_.find(worker.node)->state == node_state::lost) {
    out.push_back(tell_report{app, worker_stopped{key}});
    remove_worker(app, found);
    return out;
  }
  worker.state = drain ? worker_state::draining : worker_state::stopping;
  // One that is out of reach ends with its node, or is stopped when that is
  // back.
  if (reachable(worker.node))
    out.push_back(order_stop{worker.node, app, key, drain});
  return out;
}

fleet_effects fleet::publish(std::shared_ptr<const app_table> table) {
  fleet_effects out;
  auto& app = apps_[table->app];
  if (app.table && app.table->version > table->version)
    return out;
  if (app.table && app.table->serving
      && app.table->serving != table->serving)
    app.ending.insert(app.table->serving);
  app.ending.erase(table->serving);
  app.table = std::move(table);
  auto hosts = hosts_of(app.table->app, app);
  for (const auto& [name, who] : members_.all())
    if (is_reachable(who.state)) {
      app.tables.sent(name, app.table->serving);
      out.push_back(order_publish{name, app.table, hosts});
    }
  tell_level(app.table->app, app, out);
  return out;
}

// -- placement ----------------------------------------------------------------

void fleet::add_worker(const std::string& app, placed_worker worker) {
  loads_.add(worker.node, {app, worker.release, worker.backend},
             needs_of(*worker.spec, worker.backend));
  auto id = worker.key.id;
  on_node_[worker.node].emplace(app, id);
  apps_[app].workers.insert_or_assign(id, std::move(worker));
}

void fleet::remove_worker(const std::string& app,
                          workers_type::iterator which) {
  const auto& worker = which->second;
  loads_.remove(worker.node, {app, worker.release, worker.backend},
                needs_of(*worker.spec, worker.backend));
  on_node_[worker.node].erase({app, worker.key.id});
  apps_[app].workers.erase(which);
}

result<void> fleet::place(app_entry& app, const worker_order& order,
                          fleet_effects& out) {
  auto node
    = place_worker(loads_.candidates({order.app, order.release, order.backend}),
                   needs_of(*order.spec, order.backend));
  if (!node)
    return node.error();
  SERVAL_ASSERT(!app.workers.contains(order.key.id));
  add_worker(order.app,
             placed_worker{*node, order.key, order.release, order.spec,
                           order.backend, worker_state::starting, 0, {}});
  out.push_back(order_start{std::move(node).value(), order});
  return {};
}

void fleet::place_pending(fleet_effects& out) {
  if (pending_ == 0)
    return;
  for (auto& [name, app] : apps_)
    for (auto next = app.pending.begin(); next != app.pending.end();) {
      auto order = next->second;
      if (!place(app, order, out)) {
        ++next;
        continue;
      }
      out.push_back(tell_report{name, worker_begun{order.key}});
      next = app.pending.erase(next);
      --pending_;
    }
}

worker_needs fleet::needs_of(const app_spec& spec, const std::string& backend) {
  worker_needs needs;
  if (const auto* found = find_backend(spec, backend))
    needs = {found->cpu, found->memory_bytes, found->labels,
             found->max_per_node};
  return needs;
}

// -- the whole of the nodes ---------------------------------------------------

app_inventory fleet::take_stock(const app_entry& app) {
  app_inventory stock;
  for (const auto& [id, worker] : app.workers)
    stock.workers.push_back({worker.key, worker.release, worker.spec,
                             worker.backend, worker.state, worker.pid});
  stock.table = app.table;
  stock.acked = app.told_acked;
  stock.highest_id = app.highest_id;
  if (app.table)
    for (const auto& each : app.table->releases)
      if (each.release != app.table->serving
          && !app.tables.pinned_anywhere(each.release))
        stock.idle.push_back(each.release);
  return stock;
}

std::map<worker_id, std::string>
fleet::find_workers(const std::string& app) const {
  std::map<worker_id, std::string> out;
  if (auto found = apps_.find(app); found != apps_.end())
    for (const auto& [id, worker] : found->second.workers)
      out.emplace(id, worker.node);
  return out;
}

std::shared_ptr<const std::vector<release_hosts>>
fleet::hosts_of(const std::string& name, const app_entry& app) const {
  auto out = std::make_shared<std::vector<release_hosts>>();
  for (const auto& release : app.table->releases) {
    std::set<std::string> names;
    for (const auto& backend : release.spec->backends)
      for (auto& node :
           loads_.nodes_of({name, release.release, backend.name}))
        names.insert(std::move(node));
    release_hosts hosts{release.release, {}};
    for (const auto& node : names)
      if (const auto* who = members_.find(node))
        hosts.nodes.push_back(
          {who->facts.name, who->facts.address, who->facts.zone});
    out->push_back(std::move(hosts));
  }
  return out;
}

void fleet::tell_level(const std::string& name, app_entry& app,
                       fleet_effects& out) {
  if (!app.table)
    return;
  // A node that is lost is no reason to wait; a suspect may be back at once,
  // with requests that it sends to workers.
  auto acked = std::min(app.tables.acked_by_all(), app.table->version);
  if (acked > app.told_acked) {
    app.told_acked = acked;
    out.push_back(tell_report{name, table_acked{acked}});
  }
  std::erase_if(app.ending, [&](release_number release) {
    if (app.tables.pinned_anywhere(release))
      return false;
    out.push_back(tell_report{name, release_idle{release}});
    return true;
  });
}

} // namespace serval
