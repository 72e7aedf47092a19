#include "cluster/node_agent.hpp"

#include "base/defect.hpp"
#include "base/sha256.hpp"
#include "spec/spec_json.hpp"

#include <algorithm>
#include <utility>

namespace serval {

agent_effects node_agent::link_is_up() {
  auto out = fetch_held();
  state_ = state::counting;
  counted_.clear();
  early_.clear();
  for (auto& [name, app] : apps_) {
    app.watched = false;
    watch(name, out);
  }
  join_if_counted(out);
  return out;
}

agent_effects node_agent::link_is_lost() {
  // While there was no leader, nobody ordered anything that could be dropped.
  if (state_ != state::away)
    for (auto& [plugin, waiting] : std::exchange(held_, {}))
      for (const auto& each : waiting)
        note_end(each.order.app, worker_stopped{each.order.key});
  state_ = state::away;
  leader_.clear();
  return fetch_held();
}

/// What has been asked for before may have been lost with its link.
agent_effects node_agent::fetch_held() const {
  agent_effects out;
  for (const auto& [plugin, waiting] : held_)
    out.push_back(fetch_artifact{plugin});
  return out;
}

void node_agent::watch(const std::string& app, agent_effects& out) {
  auto& known = apps_[app];
  if (known.watched)
    return;
  known.watched = true;
  out.push_back(watch_app{epoch_, app});
}

agent_effects node_agent::on_inventory(const std::string& app,
                                       app_inventory has) {
  agent_effects out;
  if (state_ != state::counting)
    return out;
  for (const auto& worker : has.workers)
    apps_[app].specs[worker.release] = worker.spec;
  if (has.table)
    for (const auto& release : has.table->releases)
      apps_[app].specs[release.release] = release.spec;
  counted_.insert_or_assign(app, std::move(has));
  join_if_counted(out);
  return out;
}

void node_agent::join_if_counted(agent_effects& out) {
  if (counted_.size() < apps_.size())
    return;
  state_ = state::joining;
  out.push_back(send_to_leader{message(describe())});
  for (auto& [app, what] : std::exchange(early_, {}))
    report(app, std::move(what), out);
}

void node_agent::add_uncounted(const worker_order& order,
                               app_inventory& has) {
  bool is_there = std::ranges::any_of(
    has.workers, [&](const auto& each) { return each.key == order.key; });
  if (!is_there)
    has.workers.push_back({order.key, order.release, order.spec, order.backend,
                           worker_state::queued, 0});
}

join_message node_agent::describe() {
  join_message join{facts_, {}};
  // After a restart, starts that wait for their plugin are not lost with a
  // link, and one whose plugin came during the count is on its way to the host.
  for (const auto& [name, app] : apps_)
    for (const auto& [id, held] : app.ordered)
      add_uncounted(held.order, counted_[name]);
  for (auto& [name, has] : std::exchange(counted_, {}))
    join.has.push_back(describe(name, std::move(has)));
  return join;
}

inventory_message node_agent::describe(const std::string& app,
                                       app_inventory has) const {
  inventory_message out{app, {}, std::move(has)};
  std::set<release_number> named;
  for (const auto& worker : out.has.workers) {
    named.insert(worker.release);
    // A leader may have said since that its number is another release's.
    auto now = spec_of(app, worker.release);
    if (worker.spec && now && *worker.spec != *now)
      out.other_specs.emplace(worker.key.id, to_canonical_json(*worker.spec));
  }
  if (out.has.table)
    for (const auto& release : out.has.table->releases)
      named.insert(release.release);
  for (auto number : named)
    if (auto spec = spec_of(app, number))
      out.releases.push_back({number, to_canonical_json(*spec)});
  return out;
}

agent_effects node_agent::on_report(const std::string& app,
                                    node_report what) {
  agent_effects out;
  note_end(app, what);
  // Before its inventory, a report says nothing that this will not.
  if (state_ == state::counting && counted_.contains(app))
    early_.emplace_back(app, std::move(what));
  else if (state_ == state::joining || state_ == state::joined)
    report(app, std::move(what), out);
  return out;
}

void node_agent::report(const std::string& app, node_report what,
                        agent_effects& out) {
  out.push_back(
    send_to_leader{message(report_message{app, std::move(what)})});
}

cluster_message node_agent::message(cluster_body body) const {
  return {epoch_, std::move(body)};
}

agent_effects node_agent::on_message(cluster_message message) {
  agent_effects out;
  // One that leads no more, whatever it believes.
  if (message.epoch < epoch_
      && !std::holds_alternative<turn_away_message>(message.body)
      && !defect("obey_stale_leader")) {
    out.push_back(leave_leader{"its epoch "
                                 + std::to_string(message.epoch.value)
                                 + " is over: "
                                 + std::to_string(epoch_.value) + " leads",
                               {}, true});
    return out;
  }
  epoch_ = std::max(epoch_, message.epoch);
  under_ = message.epoch;
  std::visit([&](auto& what) { take(what, out); }, message.body);
  return out;
}

void node_agent::take(welcome_message& what, agent_effects&) {
  state_ = state::joined;
  leader_ = std::move(what.leader);
  leader_admin_ = std::move(what.admin);
}

void node_agent::take(turn_away_message& what, agent_effects& out) {
  out.push_back(leave_leader{std::move(what.reason), std::move(what.address),
                             false});
}

void node_agent::take(use_release_message& what, agent_effects& out) {
  auto spec = parse_spec_json(what.release.spec);
  if (spec && !is_sha256_hex(spec->plugin_sha256))
    spec = error{errc::bad_request, "its plugin has no SHA-256"};
  if (!spec) {
    out.push_back(leave_leader{"it sent a spec that cannot be read: "
                                 + spec.error().message,
                               {}, false});
    return;
  }
  apps_[what.app].specs[what.release.number]
    = std::make_shared<const app_spec>(std::move(spec).value());
  watch(what.app, out);
}

void node_agent::take(start_order_message& what, agent_effects& out) {
  auto& order = what.order;
  watch(order.app, out);
  order.spec = spec_of(order.app, order.release);
  if (!order.spec) {
    report(order.app,
           worker_failed{order.key, "its node was not told of release "
                                      + std::to_string(order.release.value)},
           out);
    return;
  }
  // A later start of the slot takes the place of one that has yet to begin.
  for (auto& [plugin, waiting] : held_)
    std::erase_if(waiting, [&](const auto& each) {
      return each.order.app == order.app && each.order.key.id == order.key.id;
    });
  held_start held{under_, std::move(order)};
  apps_[held.order.app].ordered.insert_or_assign(held.order.key.id, held);
  ++kept_version_;
  start(std::move(held), out);
}

/// Now, or when its plugin is here.
void node_agent::start(held_start what, agent_effects& out) {
  const auto& plugin = what.order.spec->plugin_sha256;
  if (here_.contains(plugin)) {
    out.push_back(obey_start{what.under, std::move(what.order)});
    return;
  }
  auto [waiting, fresh] = held_.try_emplace(plugin);
  if (fresh)
    out.push_back(fetch_artifact{plugin});
  waiting->second.push_back(std::move(what));
}

/// What has ended by itself is nobody's to start again but the leader's.
void node_agent::note_end(const std::string& app, const node_report& what) {
  const worker_key* key = nullptr;
  if (const auto* failed = std::get_if<worker_failed>(&what))
    key = &failed->key;
  else if (const auto* died = std::get_if<worker_died>(&what))
    key = &died->key;
  else if (const auto* stopped = std::get_if<worker_stopped>(&what))
    key = &stopped->key;
  if (key == nullptr)
    return;
  auto& ordered = apps_[app].ordered;
  auto found = ordered.find(key->id);
  if (found == ordered.end() || found->second.order.key != *key)
    return;
  ordered.erase(found);
  ++kept_version_;
}

void node_agent::take(stop_order_message& what, agent_effects& out) {
  watch(what.app, out);
  for (auto& [plugin, waiting] : held_)
    std::erase_if(waiting, [&](const auto& each) {
      return each.order.app == what.app && each.order.key == what.key;
    });
  note_end(what.app, worker_stopped{what.key});
  out.push_back(obey_stop{under_, std::move(what.app), what.key, what.drain});
}

agent_effects node_agent::left_alone() {
  agent_effects out;
  std::vector<stop_order_message> stops;
  for (const auto& [name, app] : apps_)
    for (const auto& [id, held] : app.ordered)
      if (const auto& spec = held.order.spec;
          spec && spec->on_partition == partition_policy::stop)
        stops.push_back({name, held.order.key, true});
  under_ = epoch_;
  for (auto& each : stops)
    take(each, out);
  return out;
}

void node_agent::take(members_message& what, agent_effects&) {
  members_ = std::move(what);
  ++kept_version_;
}

void node_agent::take(publish_message& what, agent_effects& out) {
  auto& table = what.table;
  watch(table.app, out);
  for (auto& release : table.releases) {
    release.spec = spec_of(table.app, release.release);
    if (!release.spec) {
      out.push_back(leave_leader{"it sent a table with a release that it did "
                                 "not describe",
                                 {}, false});
      return;
    }
    // Whoever leads next may have it from here.
    const auto& plugin = release.spec->plugin_sha256;
    if (!here_.contains(plugin) && !held_.contains(plugin)) {
      held_[plugin];
      out.push_back(fetch_artifact{plugin});
    }
  }
  auto& app = apps_[table.app];
  app.table = what;
  drop_old_specs(app);
  ++kept_version_;
  out.push_back(obey_table{under_,
                           std::make_shared<const app_table>(std::move(table)),
                           std::move(what.hosts)});
}

/// Releases that are neither in the table nor of a worker, nor newer than both,
/// are over.
void node_agent::drop_old_specs(app_knowledge& app) {
  std::set<release_number> used;
  for (const auto& release : app.table->table.releases)
    used.insert(release.release);
  for (const auto& [id, held] : app.ordered)
    used.insert(held.order.release);
  if (!used.empty())
    std::erase_if(app.specs, [&](const auto& each) {
      return each.first < *used.rbegin() && !used.contains(each.first);
    });
}

agent_effects node_agent::artifact_is_here(const std::string& sha256) {
  agent_effects out;
  here_.insert(sha256);
  auto found = held_.extract(sha256);
  // Under the present leader, which knows of them since this node joined.
  if (!found.empty())
    for (auto& each : found.mapped())
      out.push_back(obey_start{epoch_, std::move(each.order)});
  return out;
}

agent_effects node_agent::artifact_is_missing(const std::string& sha256,
                                              const std::string& why) {
  agent_effects out;
  auto found = held_.extract(sha256);
  if (!found.empty())
    for (auto& each : found.mapped())
      for (auto& effect :
           on_report(each.order.app,
                     worker_failed{each.order.key,
                                   "its plugin is missing: " + why}))
        out.push_back(std::move(effect));
  return out;
}

std::shared_ptr<const app_spec>
node_agent::spec_of(const std::string& app, release_number release) const {
  auto found = apps_.find(app);
  if (found == apps_.end())
    return nullptr;
  auto spec = found->second.specs.find(release);
  return spec == found->second.specs.end() ? nullptr : spec->second;
}

} // namespace serval
