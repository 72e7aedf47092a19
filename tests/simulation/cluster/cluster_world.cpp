#include "simulation/cluster/cluster_world.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr duration look_every = 500ms;
/// How much slower a clock that runs away goes.
constexpr double runaway_rate = 0.3;

double draw_rate(cluster_scene& in) {
  return 1 + in.how.clocks.drift * (2 * in.random().unit() - 1);
}

duration draw_skew(cluster_scene& in) {
  return between(in.random(), duration{}, in.how.clocks.skew);
}

} // namespace

cluster_world::cluster_world(std::uint64_t seed, bool talks)
  : seed_(seed),
    in_(seed),
    net_(in_),
    store_(in_, draw_skew(in_), draw_rate(in_)),
    door_(in_, net_, store_) {
  in_.loop.talks = talks;
  for (std::uint32_t i = 1; i <= in_.how.nodes; ++i)
    build(i);
  for (const auto& name : names_)
    in_.loop.after(between(in_.random(), 1us, 2s),
                   [this, name] { start(name); });
  operator_.emplace(in_, store_, [this] { return leader(); });
  schedule(in_.how.machines.crash_every, &cluster_world::crash);
  schedule(in_.how.machines.pause_every, &cluster_world::pause);
  schedule(in_.how.network.cut_every, &cluster_world::cut);
  schedule(in_.how.network.break_every, &cluster_world::break_link);
  schedule(in_.how.workers.crash_every, &cluster_world::hurt_worker);
  schedule(in_.how.store.outage_every, &cluster_world::store_outage);
  schedule(in_.how.store.restore_every, &cluster_world::restore);
  if (in_.how.store.restore_every != duration{})
    schedule(10s, &cluster_world::dump);
  if (in_.how.clocks.runs_away)
    in_.loop.after(between(in_.random(), 5s, 20s),
                   [this] { let_a_clock_run_away(); });
  look();
}

history cluster_world::live() {
  auto begun = in_.loop.now();
  auto end = begun + in_.how.span;
  while (!in_.broken && in_.loop.step(end)) {
    // nop
  }
  if (!in_.broken)
    calm_down();
  return {seed_, in_.broken, in_.loop.events(), in_.loop.now() - begun,
          in_.loop.trace()};
}

// -- machines -----------------------------------------------------------------

void cluster_world::build(std::uint32_t number) {
  auto name = "n" + std::to_string(number);
  names_.push_back(name);
  auto at = std::make_unique<machine>(in_.loop, draw_skew(in_), draw_rate(in_));
  auto& facts = at->facts;
  facts.name = name;
  facts.zone = "z" + std::to_string(number % in_.how.zones);
  facts.address = name;
  facts.admin = name + ":admin";
  if (in_.random().below(5) < 2)
    facts.labels = {"gpu"};
  facts.cpu = 2 + in_.random().below(7);
  facts.memory_bytes = std::uint64_t{8} << 30;
  in_.known.nodes[name].facts = facts;
  places_[name].at = std::move(at);
}

void cluster_world::start(const std::string& node) {
  auto& place = places_.at(node);
  if (in_.fails(in_.how.machines.disk_losses)) {
    place.at->kept.clear();
    place.at->artifacts.clear();
  }
  place.at->facts.boot_id = "b" + std::to_string(++boots_);
  in_.loop.note("daemon starts " + node, boots_);
  in_.known.nodes[node].up = true;
  place.daemon = std::make_unique<cluster_daemon>(in_, net_, door_, *place.at,
                                                  names_);
}

void cluster_world::end(const std::string& node, bool silent) {
  if (!places_.at(node).daemon)
    return;
  kill(node, silent);
  auto& truth = in_.known.nodes[node];
  auto gone = std::ranges::count_if(in_.known.nodes, [](const auto& each) {
    return each.second.gone;
  });
  truth.gone = 2 * (gone + 1) < static_cast<std::ptrdiff_t>(names_.size())
               && in_.fails(in_.how.machines.stays_down);
  if (!truth.gone)
    in_.loop.after(between(in_.random(), 10ms, in_.how.machines.down_max),
                   [this, node] { start(node); });
}

/// REQUIRES: its daemon lives.
void cluster_world::kill(const std::string& node, bool silent) {
  auto& place = places_.at(node);
  in_.loop.note("daemon dies " + node, silent);
  place.daemon->life().kill();
  net_.died(node, silent);
  ended_.push_back(std::move(place.daemon));
  std::erase_if(in_.known.bodies,
                [&](const auto& each) { return each.first.node == node; });
  auto& truth = in_.known.nodes[node];
  truth.up = truth.frozen = false;
  truth.joined = {};
}

cluster_daemon* cluster_world::leader() {
  cluster_daemon* found = nullptr;
  for (auto& [name, place] : places_) {
    if (!place.daemon || place.daemon->life().stopped()
        || !place.daemon->leader().leads()
        || place.daemon->control().all() == nullptr)
      continue;
    auto term = place.daemon->leader().core().term();
    if (found == nullptr || found->leader().core().term() < term)
      found = place.daemon.get();
  }
  return found;
}

const std::string& cluster_world::any_node() {
  // The one that leads is hurt as often as all others together.
  if (in_.random().below(2) == 0)
    for (const auto& name : names_)
      if (name == in_.known.lease.node)
        return name;
  return names_[in_.random().below(static_cast<std::uint32_t>(names_.size()))];
}

// -- faults -------------------------------------------------------------------

void cluster_world::schedule(duration every, void (cluster_world::*what)()) {
  if (every == duration{})
    return;
  in_.loop.after(wait_for(in_.random(), every), [this, every, what] {
    if (in_.calm)
      return;
    (this->*what)();
    schedule(every, what);
  });
}

void cluster_world::crash() {
  end(any_node(), in_.fails(in_.how.machines.silent_crashes));
}

void cluster_world::pause() {
  auto node = any_node();
  auto* daemon = places_.at(node).daemon.get();
  if (daemon == nullptr || daemon->life().stopped())
    return;
  in_.loop.note("frozen " + node);
  ++in_.known.counts.pauses;
  in_.known.nodes[node].frozen = true;
  daemon->life().stop();
  net_.frozen(node);
  in_.loop.after(between(in_.random(), 1ms, in_.how.machines.pause_max),
                 [this, node, daemon] {
                   if (places_.at(node).daemon.get() == daemon)
                     end_pause(node);
                 });
}

void cluster_world::end_pause(const std::string& node) {
  auto& daemon = *places_.at(node).daemon;
  if (!daemon.life().stopped())
    return;
  in_.loop.note("goes on " + node);
  in_.known.nodes[node].frozen = false;
  net_.thawed(node);
  daemon.life().resume();
}

void cluster_world::cut() {
  ++in_.known.counts.cuts;
  auto one = any_node();
  auto span = between(in_.random(), 1ms, in_.how.network.cut_max);
  auto ways = 1 + in_.random().below(3);
  std::vector<std::string> from_whom{store_door::name};
  switch (in_.random().below(4)) {
    case 0: // It can be reached by none, or reaches none.
      from_whom = names_;
      from_whom.emplace_back(store_door::name);
      break;
    case 1: // The store stays within reach.
      from_whom = names_;
      break;
    case 2:
      from_whom = {any_node()};
      break;
    default: // Only the store is out of reach.
      break;
  }
  in_.loop.note("cut " + one, from_whom.size(), ways);
  for (const auto& other : from_whom) {
    if (other == one)
      continue;
    if ((ways & 1) != 0)
      cut_way(one, other, span);
    if ((ways & 2) != 0)
      cut_way(other, one, span);
  }
}

void cluster_world::cut_way(const std::string& from, const std::string& to,
                            duration span) {
  net_.cut(from, to);
  in_.loop.after(span, [this, from, to] { net_.mend(from, to); });
}

void cluster_world::break_link() {
  net_.break_any();
}

void cluster_world::hurt_worker() {
  auto& daemon = places_.at(any_node()).daemon;
  if (daemon && !daemon->life().stopped())
    daemon->host().crash_any();
}

void cluster_world::store_outage() {
  using phase = cluster_store::phase;
  constexpr phase kinds[] = {phase::gone, phase::frozen, phase::read_only};
  auto kind = in_.random().below(3);
  in_.loop.note("store outage", kind);
  store_.enter(kinds[kind]);
  in_.loop.after(between(in_.random(), 1ms, in_.how.store.outage_max),
                 [this] { store_.enter(phase::up); });
}

void cluster_world::dump() {
  store_.dump();
}

void cluster_world::restore() {
  in_.loop.note("store is down for an old dump");
  store_.enter(cluster_store::phase::gone);
  in_.loop.after(between(in_.random(), 100ms, 3s), [this] {
    auto restored = !in_.calm && store_.restore();
    store_.enter(cluster_store::phase::up);
    if (!restored)
      return;
    in_.loop.note("an old dump is restored");
    in_.loop.after(between(in_.random(), 1ms, 6s),
                   [this] { store_.raise_epoch(); });
  });
}

void cluster_world::let_a_clock_run_away() {
  if (in_.calm)
    return;
  auto node = any_node();
  in_.loop.note("clock runs away " + node);
  in_.known.nodes[node].runs_away = true;
  places_.at(node).at->clock.set_rate(runaway_rate);
}

void cluster_world::look() {
  in_.loop.after(look_every, [this] {
    in_.watch(&cluster_promise::on_look, in_.known);
    look();
  });
}

} // namespace serval::simulation
