// Which workers of the fleet should be elsewhere: on a node that is drained, or
// where too many are.
#include "cluster/fleet.hpp"

#include <algorithm>
#include <utility>

namespace serval {

// To its app_master, a worker that should move is one that is to be replaced
// before it goes. It may not listen at once, so that it is told again.

void fleet::settle_later(time_point now) {
  all_unsettled_ = true;
  settle_at_ = std::min(settle_at_, now + how_.settle_after);
}

void fleet::settle_later(const std::string& app, time_point now) {
  unsettled_.insert(app);
  settle_at_ = std::min(settle_at_, now + how_.settle_after);
}

void fleet::settle(fleet_effects& out, time_point now) {
  settle_at_ = time_point::max();
  auto whose = std::exchange(unsettled_, {});
  if (std::exchange(all_unsettled_, false))
    for (const auto& [name, app] : apps_)
      whose.insert(name);
  for (const auto& name : whose) {
    auto& app = apps_[name];
    if (app.connected
        && (ask_to_leave(name, app, out) || even_out(name, app, out)))
      settle_later(name, now);
  }
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
      loads_.candidates({name, serving->release, backend.name}),
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
  note(node);
  all_unsettled_ = true;
  fleet_effects out;
  // What was kept there is not waited for any longer.
  if (members_.find(node)->state == node_state::lost)
    bury(node, "node " + node + " is lost, and drained",
         [](auto&, auto&) { return false; }, out);
  settle(out, now);
  check_emptied(now);
  return out;
}

result<fleet_effects> fleet::undrain(const std::string& node, time_point now) {
  if (!members_.undrain(node, now))
    return error{errc::not_found, "there is no node \"" + node + "\""};
  fleet_effects out;
  if (members_.find(node) == nullptr)
    return out; // It has not joined yet.
  note(node);
  for (auto& [name, app] : apps_)
    for (auto& [id, worker] : app.workers)
      if (worker.node == node)
        worker.moves.clear();
  place_pending(out);
  settle_later(now);
  return out;
}

void fleet::check_emptied(time_point now) {
  for (const auto& node : members_.draining())
    if (workers_on(node) == 0)
      members_.emptied(node, now);
}

} // namespace serval
