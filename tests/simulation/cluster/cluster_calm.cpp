// What a world of many nodes must come to once nothing goes wrong any more.
#include "simulation/app_model.hpp"
#include "simulation/cluster/cluster_world.hpp"
#include "spec/spec_json.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

/// How long after the last fault all must be well.
constexpr duration calm_max = 120s;
constexpr duration look_every = 250ms;

bool same_workers(const app_table& one, const app_table& other) {
  if (one.serving != other.serving
      || one.releases.size() != other.releases.size())
    return false;
  for (std::size_t i = 0; i < one.releases.size(); ++i)
    if (one.releases[i].release != other.releases[i].release
        || one.releases[i].backends != other.releases[i].backends)
      return false;
  return true;
}

} // namespace

void cluster_world::calm_down() {
  in_.loop.note("calm");
  in_.calm = true;
  net_.mend_all();
  store_.enter(cluster_store::phase::up);
  for (const auto& name : names_) {
    auto& truth = in_.known.nodes[name];
    if (std::exchange(truth.runs_away, false)) {
      places_.at(name).at->clock.set_rate(1);
      in_.known.miscounted.insert(in_.known.lease.epoch);
    }
    if (places_.at(name).daemon)
      end_pause(name);
  }
  settle();
  if (!in_.broken && lose_a_node())
    settle();
}

void cluster_world::settle() {
  auto end = in_.loop.now() + calm_max;
  auto well = 0;
  while (!in_.broken && well < 2) {
    auto next = in_.loop.now() + look_every;
    while (!in_.broken && in_.loop.step(next)) {
      // nop
    }
    auto what = unrest();
    well = what.empty() ? well + 1 : 0;
    if (!what.empty() && !in_.broken && in_.loop.now() >= end)
      in_.broken = {"converges", fmt::format("{} s after the last fault {}",
                                             calm_max / 1s, what)};
  }
}

/// The last fault, which nothing hides that comes after it: a node is gone for
/// good. Returns false if no other is left.
bool cluster_world::lose_a_node() {
  auto alive = names_;
  std::erase_if(alive, [this](const auto& name) {
    return in_.known.nodes[name].gone;
  });
  if (alive.size() < 2)
    return false;
  const auto& node
    = alive[in_.random().below(static_cast<std::uint32_t>(alive.size()))];
  in_.loop.note("is lost for good " + node);
  kill(node, in_.fails(in_.how.machines.silent_crashes));
  in_.known.nodes[node].gone = true;
  return true;
}

std::string cluster_world::unrest() {
  auto* leads = leader();
  if (leads == nullptr)
    return "no node leads";
  if (auto found = unrest_of_nodes(*leads); !found.empty())
    return found;
  const auto& masters = leads->leader().masters();
  for (const auto& [name, body] : in_.known.bodies)
    if (!masters.contains(name.app))
      return name.app + " runs and has no app_master";
  for (const auto& [app, each] : masters) {
    if (!each->idle())
      return "a command or change of " + app + " is stuck";
    if (!each->core().observed().unknown.empty())
      return app + " has orphans";
    if (auto found = unrest_of(app, *leads); !found.empty())
      return app + " " + found;
    if (auto found = unrest_of_tables(app, each->core().observed().table);
        !found.empty())
      return found;
  }
  return {};
}

std::string cluster_world::unrest_of_nodes(cluster_daemon& leads) {
  auto term = leads.leader().core().term();
  for (const auto& [name, truth] : in_.known.nodes) {
    if (truth.gone)
      continue;
    if (!truth.up || truth.joined != term)
      return name + " has not joined the leader";
    const auto* seen = leads.control().all()->nodes().find(name);
    if (seen == nullptr || !is_reachable(seen->state)
        || seen->state == node_state::joining)
      return name + " does not count as joined";
    if (operator_->drained().contains(name)
        != (seen->state != node_state::ready))
      return name + " is drained or not, unlike it should be";
  }
  return {};
}

std::string cluster_world::unrest_of(const std::string& app,
                                     cluster_daemon& leads) {
  app_model wanted;
  auto read = store_.read(app);
  for (const auto& entry : read->entries)
    wanted.apply(entry);
  if (wanted.target)
    return fmt::format("still brings up release {}",
                       wanted.target->number.value);
  std::map<std::string, std::uint32_t> ready;
  std::map<worker_id, int> of_worker;
  std::shared_ptr<const app_spec> spec;
  for (const auto& [name, body] : in_.known.bodies) {
    if (name.app != app)
      continue;
    if (!wanted.serving || body.order.release != wanted.serving->number
        || !body.ready || body.told_to_stop)
      return fmt::format("has a worker on {} that is not ready, or is not "
                         "wanted",
                         name.node);
    if (release_hash(*body.order.spec) != wanted.serving->hash)
      return fmt::format("has a worker on {} of another release than the "
                         "journal's of that number",
                         name.node);
    if (++of_worker[name.key.id] > 1)
      return fmt::format("has worker {} twice", name.key.id.value);
    ++ready[body.order.backend];
    spec = body.order.spec;
    auto other = operator_->drained().contains(name.node)
                   ? room_for(app, body.order.release,
                              *find_backend(*spec, body.order.backend), leads)
                   : std::string{};
    if (!other.empty())
      return fmt::format("has a worker on {}, which is drained, and {} has "
                         "room",
                         name.node, other);
  }
  if (!wanted.serving)
    return {};
  for (const auto& [backend, count] : wanted.serving->workers) {
    if (ready[backend] > count)
      return fmt::format("has {} workers of {}, {} are wanted", ready[backend],
                         backend, count);
    if (ready[backend] == count)
      continue;
    const auto& known
      = leads.leader().masters().at(app)->core().desired().serving;
    if (!known || known->number != wanted.serving->number)
      return "has an app_master that has yet to read its journal";
    auto other = room_for(app, known->number,
                          *find_backend(*known->spec, backend), leads);
    if (!other.empty())
      return fmt::format("has {} of {} workers of {}, and {} has room",
                         ready[backend], count, backend, other);
  }
  return {};
}

std::string cluster_world::unrest_of_tables(const std::string& app,
                                            const app_table& wanted) {
  for (const auto& [name, place] : places_) {
    if (!place.daemon || wanted.version == 0)
      continue;
    auto has = place.daemon->host().table_of(app);
    if (!has || !same_workers(*has, wanted))
      return fmt::format("{} has another table of {} than its app_master: "
                         "version {}, not {}",
                         name, app, has ? has->version : 0, wanted.version);
  }
  return {};
}

std::string cluster_world::room_for(const std::string& app,
                                    release_number release,
                                    const backend_spec& backend,
                                    cluster_daemon& leads) {
  for (const auto& [node, who] : leads.control().all()->nodes().all()) {
    const auto& labels = who.facts.labels;
    if (!takes_workers(who.state)
        || !std::ranges::all_of(backend.labels, [&](const auto& each) {
             return std::ranges::find(labels, each) != labels.end();
           }))
      continue;
    auto cpu = backend.cpu;
    std::uint32_t of_kind = 0;
    for (const auto& [name, body] : in_.known.bodies)
      if (name.node == node) {
        const auto& order = body.order;
        cpu += find_backend(*order.spec, order.backend)->cpu;
        of_kind += order.app == app && order.release == release
                   && order.backend == backend.name;
      }
    if (cpu <= who.facts.cpu + 1e-6
        && (backend.max_per_node == 0 || of_kind < backend.max_per_node))
      return node;
  }
  return {};
}

} // namespace serval::simulation
