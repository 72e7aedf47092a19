// What becomes of the fleet's nodes, and what follows for app_masters.
#include "cluster/fleet.hpp"

#include "base/defect.hpp"
#include "wire/format_versions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

/// Whose worker a report is about; nothing if it is about none.
const worker_key* key_of(const node_report& report) {
  return std::visit(
    [](const auto& what) -> const worker_key* {
      if constexpr (requires { what.key; })
        return &what.key;
      else
        return nullptr;
    },
    report);
}

/// How a worker's state goes on; nothing if it is gone.
std::optional<worker_state> next_state(worker_state from,
                                       const node_report& report) {
  auto unless_leaving = [from](worker_state to) {
    return from == worker_state::draining || from == worker_state::stopping
             ? from
             : to;
  };
  if (std::holds_alternative<worker_failed>(report)
      || std::holds_alternative<worker_died>(report)
      || std::holds_alternative<worker_stopped>(report))
    return std::nullopt;
  if (std::holds_alternative<worker_ready>(report))
    return unless_leaving(worker_state::ready);
  if (std::holds_alternative<worker_delayed>(report))
    return unless_leaving(worker_state::queued);
  if (std::holds_alternative<worker_begun>(report))
    return unless_leaving(worker_state::starting);
  return from;
}

} // namespace

bool fleet::reachable(const std::string& node) const {
  const auto* who = members_.find(node);
  return who != nullptr && is_reachable(who->state);
}

std::uint16_t fleet::journal_format(time_point now) const {
  auto lowest = serval::journal_format;
  if (!awaited_.empty() || now < known_from_)
    lowest = std::min(lowest, how_.expected_format);
  for (const auto& [name, who] : members_.all())
    lowest = std::min(lowest, who.facts.journal_format);
  return lowest;
}

fleet_effects fleet::joined(node_facts facts, node_inventory has,
                            time_point now) {
  fleet_effects out;
  auto node = facts.name;
  out.push_back(tell_operator{fmt::format(
    "node {} joined{}", node,
    facts.zone.empty() ? "" : ", zone " + facts.zone)});
  members_.joined(std::move(facts), now);
  note(node);
  awaited_.erase(node);
  auto is_there = [&](const std::string& app, const placed_worker& worker) {
    auto found = has.find(app);
    return found != has.end()
           && std::ranges::any_of(found->second.workers, [&](const auto& each) {
                return each.key == worker.key;
              });
  };
  bury(node, "node " + node + " does not have it", is_there, out);
  for (auto& [name, app] : apps_)
    if (!has.contains(name))
      app.tables.forget(node);
  for (auto& [name, inventory] : has)
    join_app(node, name, inventory, out);
  if (gathered())
    level(node, now, out);
  else if (awaited_.empty())
    finish_gathering(now, out);
  return out;
}

void fleet::join_app(const std::string& node, const std::string& name,
                     const app_inventory& has, fleet_effects& out) {
  auto& app = apps_[name];
  app.highest_id = std::max(app.highest_id, has.highest_id);
  std::vector<release_number> pinned;
  if (has.table) {
    for (const auto& each : has.table->releases)
      if (std::ranges::find(has.idle, each.release) == has.idle.end())
        pinned.push_back(each.release);
    // Before an app_master is there, the newest table is the one that holds.
    if (!app.connected
        && (!app.table || app.table->version < has.table->version))
      app.table = has.table;
    app.tables.joined(node, has.acked, pinned);
  } else {
    app.tables.forget(node);
  }
  for (const auto& each : has.workers)
    take_worker(node, name, app, each, out);
}

/// Takes in a worker that a node has, unless another is in its place.
void fleet::take_worker(const std::string& node, const std::string& name,
                        app_entry& app, const found_worker& found,
                        fleet_effects& out) {
  auto there = app.workers.find(found.key.id);
  if (there != app.workers.end() && there->second.key == found.key
      && there->second.node == node) {
    auto& worker = there->second;
    // It got ready, or was asked to stop, while its node was out of reach.
    if (found.state == worker_state::ready
        && worker.state != worker_state::ready && is_wanted(worker.state))
      out.push_back(tell_report{name, worker_ready{found.key, found.pid}});
    bool leaves = worker.state == worker_state::draining
                  || worker.state == worker_state::stopping;
    if (leaves)
      out.push_back(order_stop{node, name, found.key,
                               worker.state == worker_state::draining});
    else
      worker.state = found.state;
    worker.pid = found.pid;
    return;
  }
  bool outdone = there != app.workers.end()
                 && there->second.key.incarnation >= found.key.incarnation;
  if (app.connected || outdone) {
    // Somebody else has its work; what it has in hand it may finish.
    if (!defect("keep_returned_workers"))
      out.push_back(order_stop{node, name, found.key, true});
    return;
  }
  if (there != app.workers.end()) {
    out.push_back(
      order_stop{there->second.node, name, there->second.key, true});
    remove_worker(name, there);
  }
  add_worker(name,
             placed_worker{node, found.key, found.release, found.spec,
                           found.backend, found.state, found.pid, {}});
}

/// The workers that the node should have are dead, but for some.
void fleet::bury(const std::string& node, const std::string& why,
                 const is_spared& spared, fleet_effects& out) {
  for (const auto& [name, id] : std::set{on_node_[node]}) {
    auto& app = apps_[name];
    auto worker = app.workers.find(id);
    if (spared(name, worker->second))
      continue;
    if (app.connected)
      out.push_back(tell_report{name, worker_died{worker->second.key, why}});
    remove_worker(name, worker);
  }
}

fleet_effects fleet::reported(const std::string& node, const std::string& app,
                              const node_report& report, time_point now) {
  fleet_effects out;
  auto& entry = apps_[app];
  if (const auto* acked = std::get_if<table_acked>(&report)) {
    entry.tables.acked(node, acked->version);
    tell_level(app, entry, out);
    if (auto sent = to_be_level_.find(node); sent != to_be_level_.end()) {
      auto table = sent->second.find(app);
      if (table != sent->second.end() && table->second <= acked->version)
        sent->second.erase(table);
      check_level(node, now, out);
    }
    return out;
  }
  if (const auto* idle = std::get_if<release_idle>(&report)) {
    entry.tables.idle(node, idle->release);
    tell_level(app, entry, out);
    return out;
  }
  const auto* key = key_of(report);
  if (key == nullptr)
    return out;
  auto found = entry.workers.find(key->id);
  // Late news of a worker that has been given up.
  if (found == entry.workers.end() || found->second.key != *key
      || found->second.node != node)
    return out;
  if (auto next = next_state(found->second.state, report)) {
    found->second.state = *next;
    if (const auto* ready = std::get_if<worker_ready>(&report))
      found->second.pid = ready->pid;
  } else {
    remove_worker(app, found);
    place_pending(out);
    check_emptied(now);
  }
  if (entry.connected)
    out.push_back(tell_report{app, report});
  settle_later(app, now);
  return out;
}

fleet_effects fleet::link_lost(const std::string& node, time_point now) {
  members_.link_lost(node, now);
  note(node);
  to_be_level_.erase(node);
  return {tell_operator{"node " + node + " cannot be reached"}};
}

fleet_effects fleet::on_timer(time_point now) {
  fleet_effects out;
  for (const auto& node : members_.on_timer(now)) {
    out.push_back(tell_operator{"node " + node
                                + " is lost; its workers start elsewhere"});
    note(node);
    forget_node(node, out);
    if (auto kept = workers_on(node); kept > 0)
      out.push_back(tell_operator{fmt::format(
        "{} workers of node {} are kept until it is back or drained", kept,
        node)});
  }
  if (gather_until_ && *gather_until_ <= now)
    finish_gathering(now, out);
  if (settle_at_ <= now)
    settle(out, now);
  return out;
}

time_point fleet::due() const noexcept {
  auto due = std::min(members_.due(), settle_at_);
  return gather_until_ ? std::min(due, *gather_until_) : due;
}

void fleet::forget_node(const std::string& node, fleet_effects& out) {
  auto is_kept = [](const std::string&, const placed_worker& worker) {
    return worker.spec->on_partition == partition_policy::keep
           && worker.state == worker_state::ready;
  };
  if (!defect("forget_lost_workers"))
    bury(node, "node " + node + " is lost", is_kept, out);
  for (auto& [name, app] : apps_) {
    app.tables.forget(node);
    tell_level(name, app, out);
  }
}

/// Before all nodes are there it is not known where the workers are: nodes go
/// on with the tables that they have.
void fleet::finish_gathering(time_point now, fleet_effects& out) {
  gather_until_.reset();
  for (const auto& node : awaited_)
    out.push_back(tell_operator{"node " + node + " did not join in time"});
  for (const auto& [name, who] : members_.all())
    if (is_reachable(who.state))
      level(name, now, out);
  if (std::exchange(asks_for_names_, false))
    out.push_back(name_those_that_run());
  for (auto& [name, app] : apps_)
    if (app.asks)
      begin(name, app, now, out);
}

void fleet::level(const std::string& node, time_point now, fleet_effects& out) {
  send_all_tables(node, out);
  check_level(node, now, out);
}

void fleet::send_all_tables(const std::string& node, fleet_effects& out) {
  auto& sent = to_be_level_[node];
  sent.clear();
  for (auto& [name, app] : apps_) {
    if (!app.table)
      continue;
    app.tables.sent(node, app.table->serving);
    if (app.tables.acked_by(node) < app.table->version)
      sent.emplace(name, app.table->version);
    out.push_back(order_publish{node, app.table, hosts_of(name, app)});
  }
}

/// A node that joins takes workers once it has the tables.
void fleet::check_level(const std::string& node, time_point now,
                        fleet_effects& out) {
  auto sent = to_be_level_.find(node);
  if (sent == to_be_level_.end() || !sent->second.empty())
    return;
  to_be_level_.erase(sent);
  members_.levelled(node, now);
  note(node);
  place_pending(out);
  check_emptied(now);
  settle_later(now);
}

/// The planner learns how the node stands.
void fleet::note(const std::string& node) {
  const auto* who = members_.find(node);
  auto takes = takes_workers(who->state)
               || (who->state == node_state::draining
                   && defect("place_on_draining"));
  loads_.set_node(who->facts, takes);
}

} // namespace serval
