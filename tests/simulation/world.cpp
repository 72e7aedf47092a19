#include "simulation/world.hpp"

#include <fmt/core.h>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

/// How long after the last fault all must be well.
constexpr duration calm_max = 60s;
constexpr duration look_every = 250ms;
constexpr duration restart_max = 3s;

} // namespace

world::world(std::uint64_t seed, bool talks)
  : seed_(seed), in_(seed), disk_(in_.random(), in_.how.disk) {
  in_.loop.talks = talks;
  start_daemon();
  auto find = [this] { return daemon_.get(); };
  for (std::uint32_t i = 1; i <= in_.how.operators.count; ++i)
    operators_.push_back(
      std::make_unique<simulated_operator>(in_, i, find));
  requests_.emplace(in_, find);
  schedule(in_.how.machine.crash_every, &world::crash);
  schedule(in_.how.machine.pause_every, &world::pause);
  schedule(in_.how.machine.master_crash_every, &world::crash_master);
  schedule(in_.how.machine.depose_every, &world::depose);
  schedule(in_.how.workers.crash_every, &world::hurt_worker);
  schedule(in_.how.workers.freeze_every, &world::freeze_worker);
  schedule(in_.how.workers.slow_every, &world::slow_worker);
  schedule(in_.how.workers.grow_every, &world::grow_worker);
  schedule(in_.how.workers.fall_ill_every, &world::make_worker_ill);
  attend();
}

history world::live() {
  auto begun = in_.loop.now();
  auto end = begun + in_.how.span;
  while (!in_.broken && !refused_ && in_.loop.step(end)) {
    // nop
  }
  if (!in_.broken && !refused_)
    calm_down();
  return {seed_, in_.broken, in_.loop.events(), in_.loop.now() - begun,
          in_.loop.trace()};
}

// -- the daemon's lives -------------------------------------------------------

void world::start_daemon() {
  starts_ = false;
  in_.loop.note("daemon starts");
  if (in_.fails(in_.how.disk.loses_end))
    disk_.lose_end();
  try {
    auto opened = disk_store::open(disk_, [this] { return in_.loop.now(); });
    if (!opened) {
      if (opened.error().code != errc::corrupt)
        return restart_daemon_later(restart_max);
      refused_ = disk_.lost_end();
      if (!refused_)
        in_.broken = {"acknowledged is recovered",
                      "the store does not open after a power cut: "
                        + opened.error().message};
      return;
    }
    in_.watch(&promise::on_daemon);
    auto next = std::make_unique<daemon>(in_, std::move(*opened), [this] {
      // Not from within the daemon.
      in_.loop.after(0s, [this] { end_daemon(true); });
    });
    if (next->lead())
      daemon_ = std::move(next);
    else
      restart_daemon_later(restart_max);
  } catch (power_cut) {
    disk_.lose_power();
    restart_daemon_later(restart_max);
  }
}

void world::end_daemon(bool power_cut) {
  if (!daemon_)
    return;
  in_.loop.note(power_cut ? "power cut" : "daemon dies");
  daemon_.reset();
  if (power_cut)
    disk_.lose_power();
  for (auto& [name, app] : in_.known.apps) {
    app.bodies.clear();
    app.requests.clear();
    app.table.reset();
  }
  restart_daemon_later(restart_max);
}

void world::restart_daemon_later(duration most) {
  if (std::exchange(starts_, true))
    return;
  in_.loop.after(between(in_.random(), 10ms, most),
                 [this] { start_daemon(); });
}

/// Somebody restarts a daemon that says that only this helps.
void world::attend() {
  in_.loop.after(between(in_.random(), 500ms, 5s), [this] {
    if (daemon_ && daemon_->is_lame())
      end_daemon(false);
    else if (daemon_ && daemon_->life().alive() && !daemon_->life().stopped())
      daemon_->attend();
    attend();
  });
}

// -- faults -------------------------------------------------------------------

void world::schedule(duration every, void (world::*what)()) {
  if (every == duration{})
    return;
  in_.loop.after(wait_for(in_.random(), every), [this, every, what] {
    if (in_.calm)
      return;
    (this->*what)();
    schedule(every, what);
  });
}

void world::crash() {
  end_daemon(in_.fails(in_.how.machine.power_cuts));
}

void world::pause() {
  if (!daemon_ || daemon_->life().stopped())
    return;
  in_.loop.note("daemon is stopped");
  daemon_->life().stop();
  auto span = between(in_.random(), 1ms, in_.how.machine.pause_max);
  in_.loop.after(span, [this, paused = daemon_.get()] {
    if (daemon_.get() == paused && daemon_->life().stopped())
      daemon_->life().resume();
  });
}

void world::crash_master() {
  if (!daemon_ || !daemon_->life().alive() || daemon_->life().stopped())
    return;
  auto app = daemon_->any_application();
  if (!app.empty())
    daemon_->restart_master(app);
}

void world::depose() {
  if (!daemon_ || !daemon_->life().alive() || daemon_->journals().broken())
    return;
  in_.loop.note("another leader");
  try {
    (void) daemon_->journals().lease("n1", 1h);
  } catch (power_cut) {
    end_daemon(true);
  }
}

void world::hurt_worker() {
  if (daemon_)
    if (auto worker = daemon_->workers().any_worker())
      worker->crash();
}

void world::freeze_worker() {
  if (daemon_)
    if (auto worker = daemon_->workers().any_worker())
      worker->freeze(between(in_.random(), 1ms, in_.how.workers.freeze_max));
}

void world::slow_worker() {
  if (daemon_)
    if (auto worker = daemon_->workers().any_worker())
      worker->slow_down();
}

void world::grow_worker() {
  if (daemon_)
    if (auto worker = daemon_->workers().any_worker())
      daemon_->workers().outgrow(worker);
}

void world::make_worker_ill() {
  if (daemon_)
    if (auto worker = daemon_->workers().any_worker())
      daemon_->workers().fall_ill(worker);
}

// -- calm ---------------------------------------------------------------------

void world::calm_down() {
  in_.loop.note("calm");
  in_.calm = true;
  disk_.heal();
  if (daemon_ && daemon_->life().stopped())
    daemon_->life().resume();
  auto end = in_.loop.now() + calm_max;
  auto well = 0;
  while (!in_.broken && !refused_ && well < 2) {
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

std::string world::unrest() const {
  if (!daemon_)
    return "there is no daemon";
  for (const auto& [name, each] : daemon_->masters())
    if (!each->recovered() || !each->idle())
      return "a command or change of " + name + " is stuck";
  for (const auto& [name, app] : in_.known.apps)
    if (auto found = unrest_of(app); !found.empty())
      return name + " " + found;
  if (!daemon_->workers().idle())
    return "a request or call is stuck";
  return {};
}

std::string world::unrest_of(const app_facts& app) const {
  if (app.durable.target)
    return fmt::format("still brings up release {}",
                       app.durable.target->number.value);
  std::size_t all = 0;
  if (auto& serving = app.durable.serving) {
    if (!app.table || app.table->serving != serving->number)
      return fmt::format("does not serve release {}", serving->number.value);
    for (const auto& [backend, wanted] : serving->workers) {
      all += wanted;
      std::size_t ready = 0;
      for (const auto& [key, body] : app.bodies)
        ready += body.order.release == serving->number
                 && body.order.backend == backend && body.told_ready
                 && !body.told_to_stop && !body.gone;
      auto listed = count_listed(*app.table, serving->number, backend);
      if (ready != wanted || listed != wanted)
        return fmt::format("has {} of {} workers of backend {}, {} listed",
                           ready, wanted, backend, listed);
    }
  }
  if (app.bodies.size() != all)
    return fmt::format("has {} workers, {} are wanted", app.bodies.size(),
                       all);
  return {};
}

} // namespace serval::simulation
