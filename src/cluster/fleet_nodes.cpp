// What becomes of the fleet's nodes, and what follows for app_masters.
#include "cluster/fleet.hpp"

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

fleet_effects fleet::joined(node_facts facts, node_inventory has,
                            time_point now) {
  fleet_effects out;
  auto node = facts.name;
  out.push_back(tell_operator{fmt::format(
    "node {} joined{}", node,
    facts.zone.empty() ? "" : ", zone " + facts.zone)});
  members_.joined(std::move(facts), now);
  awaited_.erase(node);
  for (auto& [name, app] : apps_)
    if (!has.contains(name))
      bury_missing(node, name, app, nullptr, out);
  for (auto& [name, inventory] : has)
    join_app(node, name, inventory, out);
  for (auto& [name, app] : apps_)
    if (app.table)
      send_table(node, app, out);
  check_level(node, now, out);
  if (awaited_.empty() && !gathered())
    finish_gathering(out);
  return out;
}

void fleet::join_app(const std::string& node, const std::string& name,
                     const app_inventory& has, fleet_effects& out) {
  auto& app = apps_[name];
  bury_missing(node, name, app, &has, out);
  app.highest_id = std::max(app.highest_id, has.highest_id);
  auto& knows = app.nodes[node];
  knows = {has.acked, {}};
  if (has.table) {
    for (const auto& each : has.table->releases)
      if (std::ranges::find(has.idle, each.release) == has.idle.end())
        knows.pinned.insert(each.release);
    // Before an app_master is there, the newest table is the one that holds.
    if (!app.connected
        && (!app.table || app.table->version < has.table->version))
      app.table = has.table;
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

/// Workers that the node should have, and has not.
void fleet::bury_missing(const std::string& node, const std::string& name,
                         app_entry& app, const app_inventory* has,
                         fleet_effects& out) {
  for (auto next = app.workers.begin(); next != app.workers.end();) {
    const auto& worker = next->second;
    bool there
      = worker.node != node
        || (has != nullptr
            && std::ranges::any_of(has->workers, [&](const auto& each) {
                 return each.key == worker.key;
               }));
    if (there) {
      ++next;
      continue;
    }
    if (app.connected)
      out.push_back(tell_report{
        name, worker_died{worker.key, "node " + node + " does not have it"}});
    next = remove_worker(name, next);
  }
}

fleet_effects fleet::reported(const std::string& node, const std::string& app,
                              const node_report& report, time_point now) {
  fleet_effects out;
  auto& entry = apps_[app];
  auto& knows = entry.nodes[node];
  if (const auto* acked = std::get_if<table_acked>(&report)) {
    knows.acked = std::max(knows.acked, acked->version);
    tell_level(app, entry, out);
    check_level(node, now, out);
    return out;
  }
  if (const auto* idle = std::get_if<release_idle>(&report)) {
    knows.pinned.erase(idle->release);
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
  settle_later(now);
  return out;
}

fleet_effects fleet::link_lost(const std::string& node, time_point now) {
  members_.link_lost(node, now);
  return {tell_operator{"node " + node + " cannot be reached"}};
}

fleet_effects fleet::on_timer(time_point now) {
  fleet_effects out;
  for (const auto& node : members_.on_timer(now)) {
    out.push_back(tell_operator{"node " + node
                                + " is lost; its workers start elsewhere"});
    forget_node(node, out);
  }
  if (gather_until_ && *gather_until_ <= now)
    finish_gathering(out);
  if (settle_at_ <= now)
    settle(out, now);
  return out;
}

time_point fleet::due() const noexcept {
  auto due = std::min(members_.due(), settle_at_);
  return gather_until_ ? std::min(due, *gather_until_) : due;
}

void fleet::forget_node(const std::string& node, fleet_effects& out) {
  for (auto& [name, app] : apps_) {
    for (auto next = app.workers.begin(); next != app.workers.end();) {
      if (next->second.node != node) {
        ++next;
        continue;
      }
      if (app.connected)
        out.push_back(tell_report{
          name, worker_died{next->second.key, "node " + node + " is lost"}});
      next = remove_worker(name, next);
    }
    app.nodes.erase(node);
    tell_level(name, app, out);
  }
}

void fleet::finish_gathering(fleet_effects& out) {
  gather_until_.reset();
  for (const auto& node : awaited_)
    out.push_back(tell_operator{"node " + node + " did not join in time"});
  awaited_.clear();
  for (auto& [name, app] : apps_) {
    if (!app.asks)
      continue;
    app.asks = false;
    app.connected = true;
    out.push_back(tell_inventory{name, take_stock(app)});
  }
}

bool fleet::is_level(const std::string& node) const {
  return std::ranges::all_of(apps_, [&](const auto& each) {
    const auto& app = each.second;
    if (!app.table)
      return true;
    auto knows = app.nodes.find(node);
    return knows != app.nodes.end()
           && knows->second.acked >= app.table->version;
  });
}

/// A node that joins takes workers once it has the tables.
void fleet::check_level(const std::string& node, time_point now,
                        fleet_effects& out) {
  const auto* who = members_.find(node);
  if (who == nullptr || who->state != node_state::joining || !is_level(node))
    return;
  members_.levelled(node, now);
  place_pending(out);
  settle_later(now);
}

// -- moving workers -----------------------------------------------------------

// To its app_master, a worker that should move is one that is to be replaced
// before it goes. It may not listen at once, so that it is told again.

void fleet::settle_later(time_point now) {
  if (settle_at_ == time_point::max())
    settle_at_ = now + how_.settle_after;
}

void fleet::settle(fleet_effects& out, time_point now) {
  settle_at_ = time_point::max();
  bool moving = false;
  for (auto& [name, app] : apps_)
    if (app.connected)
      moving |= ask_to_leave(name, app, out) || even_out(name, app, out);
  if (moving)
    settle_later(now);
}

/// Returns whether workers are to leave, because of a drain or as decided
/// before.
bool fleet::ask_to_leave(const std::string& name, app_entry& app,
                         fleet_effects& out) {
  bool moving = false;
  for (auto& [id, worker] : app.workers) {
    const auto* who = members_.find(worker.node);
    if (who != nullptr && who->state == node_state::draining)
      worker.moves = "node " + worker.node + " is drained";
    if (worker.moves.empty() || worker.state != worker_state::ready)
      continue;
    moving = true;
    out.push_back(
      tell_report{name, worker_outgrown{worker.key, worker.moves}});
  }
  return moving;
}

/// One move at a time for each application, so that each is seen before the
/// next is planned. Returns whether one was found.
bool fleet::even_out(const std::string& name, app_entry& app,
                     fleet_effects& out) {
  if (!app.table || !app.pending.empty()
      || std::ranges::any_of(app.workers, [](const auto& each) {
           return each.second.state != worker_state::ready;
         }))
    return false;
  const auto* serving = find_release(*app.table, app.table->serving);
  if (serving == nullptr)
    return false;
  for (const auto& backend : serving->spec->backends) {
    auto move = rebalance(
      candidates_for({name, serving->release, backend.name}),
      needs_of(*serving->spec, backend.name));
    if (!move)
      continue;
    auto mover = std::ranges::find_if(app.workers, [&](const auto& each) {
      return each.second.node == move->from
             && each.second.backend == backend.name
             && each.second.release == serving->release;
    });
    auto& worker = mover->second;
    worker.moves = "it moves to node " + move->to + " for an even spread";
    out.push_back(
      tell_report{name, worker_outgrown{worker.key, worker.moves}});
    return true;
  }
  return false;
}

result<fleet_effects> fleet::drain(const std::string& node, time_point now) {
  if (!members_.drain(node, now))
    return error{errc::not_found, "there is no node \"" + node + "\""};
  fleet_effects out;
  settle(out, now);
  check_emptied(now);
  return out;
}

result<fleet_effects> fleet::undrain(const std::string& node, time_point now) {
  if (!members_.undrain(node, now))
    return error{errc::not_found, "there is no node \"" + node + "\""};
  fleet_effects out;
  for (auto& [name, app] : apps_)
    for (auto& [id, worker] : app.workers)
      if (worker.node == node)
        worker.moves.clear();
  place_pending(out);
  settle_later(now);
  return out;
}

void fleet::check_emptied(time_point now) {
  for (const auto& [node, who] : members_.all())
    if (who.state == node_state::draining && workers_on(node) == 0)
      members_.emptied(node, now);
}

} // namespace serval
