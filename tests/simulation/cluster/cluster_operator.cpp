#include "simulation/cluster/cluster_operator.hpp"

#include <algorithm>
#include <iterator>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr int attempts_max = 5;
constexpr duration attend_every = 1s;

} // namespace

cluster_operator::cluster_operator(cluster_scene& in, cluster_store& store,
                                   leader_finder find)
  : in_(in), store_(store), find_(std::move(find)) {
  in_.loop.after(between(in_.random(), 1s, 5s), [this] {
    for (std::uint32_t i = 1; i <= in_.how.applications; ++i)
      deploy("app-" + std::to_string(i));
    act();
  });
  in_.loop.after(attend_every, [this] { attend(); });
  drain();
}

void cluster_operator::act() {
  if (in_.calm)
    return;
  auto app
    = "app-" + std::to_string(in_.random().below(in_.how.applications) + 1);
  if (in_.fails(in_.how.operators.deletes))
    send(app, make(delete_application{}), 1);
  else if (in_.random().below(2) == 0)
    send(app,
         make(scale_backend{in_.random().below(2) ? "back" : "front",
                            1 + in_.random().below(in_.how.workers_max)}),
         1);
  else
    deploy(app);
  in_.loop.after(wait_for(in_.random(), in_.how.operators.command_every),
                 [this] { act(); });
}

void cluster_operator::deploy(const std::string& app) {
  send(app, make(deploy_release{make_spec(app)}), 1);
}

app_command cluster_operator::make(decltype(app_command::what) what) {
  return {{"operator/" + std::to_string(++last_id_), "operator", ""},
          std::move(what)};
}

app_spec cluster_operator::make_spec(const std::string& app) {
  app_spec spec;
  spec.name = app;
  spec.route = "/" + app;
  spec.entry = "front";
  spec.deadline = 1s;
  // One of few plugins, so that nodes have some already.
  spec.plugin_sha256 = std::string(63, 'a') + "0123456789abcdef"[
    in_.random().below(4)];
  spec.config["version"] = "v" + std::to_string(last_id_);
  spec.config["behaviour"]
    = std::string{in_.fails(in_.how.operators.bad_releases) ? "fails" : "good"};
  spec.backends = {make_backend("back"), make_backend("front")};
  return spec;
}

backend_spec cluster_operator::make_backend(const std::string& name) {
  backend_spec out;
  out.name = name;
  out.workers = 1 + in_.random().below(in_.how.workers_max);
  if (in_.fails(in_.how.operators.needs))
    out.max_per_node = 1 + in_.random().below(3);
  if (in_.fails(in_.how.operators.needs))
    out.cpu = 0.25 * (1 + in_.random().below(6));
  if (in_.fails(in_.how.operators.needs) && in_.random().below(3) == 0)
    out.labels = {"gpu"};
  return out;
}

void cluster_operator::send(const std::string& app, app_command command,
                            int attempts) {
  if (attempts > attempts_max)
    return;
  auto answered = std::make_shared<bool>(false);
  auto* leader = find_();
  if (leader != nullptr)
    leader->life().after(0s, [leader, app, command, answered] {
      leader->leader().order(app, command,
                             [answered](const result<app_status>& how) {
                               *answered = how
                                           || how.error().code
                                                != errc::unavailable;
                             });
    });
  in_.loop.after(between(in_.random(), 1s, 4s),
                 [this, app, command, answered, attempts] {
                   if (!*answered)
                     send(app, command, attempts + 1);
                 });
}

// -- nodes --------------------------------------------------------------------

void cluster_operator::drain() {
  if (in_.how.operators.drain_every == duration{})
    return;
  in_.loop.after(wait_for(in_.random(), in_.how.operators.drain_every), [this] {
    if (in_.calm)
      return;
    auto at = in_.known.nodes.begin();
    std::advance(at, in_.random().below(in_.how.nodes));
    if (drained_.erase(at->first) == 0
        && 2 * (drained_.size() + 1) <= in_.how.nodes) {
      drained_.insert(at->first);
      ++in_.known.counts.drains;
    }
    drain();
  });
}

void cluster_operator::attend() {
  if (auto* leader = find_(); leader != nullptr
                              && leader->life().alive()
                              && !leader->life().stopped()) {
    // What it was asked for last may have been lost with the leader before.
    auto known = leader->control().all()->nodes().drained();
    for (const auto& node : known)
      if (!drained_.contains(node))
        leader->control().drain(node, false);
    for (const auto& node : drained_)
      if (std::ranges::find(known, node) == known.end())
        leader->control().drain(node, true);
    attend_orphans(*leader);
  }
  in_.loop.after(attend_every, [this] { attend(); });
}

void cluster_operator::attend_orphans(cluster_daemon& leader) {
  // What runs of applications that the journals do not know at all.
  std::set<std::string> running;
  for (const auto& [name, body] : in_.known.bodies)
    running.insert(name.app);
  const auto& masters = leader.leader().masters();
  for (const auto& app : running)
    if (!masters.contains(app))
      deploy(app);
  for (const auto& [app, each] : masters) {
    if (!each->recovered() || each->core().observed().unknown.empty()
        || in_.random().below(4) != 0)
      continue;
    if (in_.random().below(4) == 0)
      send(app, make(discard_orphans{}), attempts_max);
    else
      send(app, make(adopt_orphans{}), attempts_max);
  }
}

} // namespace serval::simulation
