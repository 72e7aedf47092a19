#include "simulation/cluster/cluster_knobs.hpp"

#include "simulation/drawer.hpp"

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

void draw_sizes(drawer& draw, cluster_knobs& out) {
  out.span = draw.span(20s, 150s);
  out.nodes = draw.number(2, 12);
  out.zones = draw.number(1, 3);
  out.applications = draw.on() ? draw.number(2, 4) : 1;
  out.workers_max = draw.on(0.2) ? draw.number(8, 20) : draw.number(1, 6);
}

void draw_times(drawer& draw, cluster_knobs& out) {
  out.supervision = draw_supervision(draw);
  out.lease.valid_for = draw.span(1s, 5s);
  out.lease.renew_every = out.lease.valid_for / 3;
  out.lease.ask_every = draw.span(300ms, 1500ms);
  out.lease.ask_every_max = out.lease.ask_every * 4;
  out.lost_after = draw.span(500ms, 5s);
  out.silence = draw.span(1s, 6s);
}

void draw_machines(drawer& draw, cluster_knobs& out) {
  out.clocks.drift = draw.maybe(0.1);
  out.clocks.skew = draw.maybe(1s, 87600h);
  out.clocks.runs_away = draw.on(0.1);
  out.machines.crash_every = draw.maybe(3s, 40s);
  out.machines.silent_crashes = draw.maybe(1.0);
  out.machines.down_max = draw.span(100ms, 15s);
  out.machines.disk_losses = draw.maybe(0.5);
  if (draw.on(0.2))
    out.machines.stays_down = 0.2 * draw.maybe(1.0);
  out.machines.pause_every = draw.maybe(2s, 30s);
  out.machines.pause_max = draw.span(500ms, 12s);
  out.machines.disk_latency_max = draw.span(1ms, 10ms) + draw.maybe(10ms, 2s);
}

void draw_network(drawer& draw, cluster_knobs& out) {
  out.network.delay_max = draw.span(50us, 2ms) + draw.maybe(5ms, 300ms);
  out.network.dial_loss = draw.maybe(0.5);
  out.network.cut_every = draw.maybe(2s, 30s);
  out.network.cut_max = draw.span(500ms, 20s);
  out.network.break_every = draw.maybe(1s, 20s);
  out.network.strays = draw.maybe(1.0);
  out.store.latency_max = draw.span(100us, 5ms) + draw.maybe(5ms, 1s);
  out.store.outage_every = draw.maybe(5s, 60s);
  out.store.outage_max = draw.span(500ms, 15s);
  if (draw.on(0.25))
    out.store.restore_every = draw.span(20s, 90s);
}

void draw_workers(drawer& draw, cluster_knobs& out) {
  out.workers.start_max = draw.span(1ms, 100ms) + draw.maybe(100ms, 1500ms);
  out.workers.start_fails = draw.maybe(0.3);
  out.workers.crash_every = draw.maybe(200ms, 20s);
  out.workers.stop_max = draw.span(1ms, 800ms);
  out.workers.artifact_fails = draw.maybe(0.2);
  out.operators.command_every = draw.span(1s, 15s);
  out.operators.drain_every = draw.maybe(3s, 30s);
  out.operators.bad_releases = draw.maybe(0.4);
  out.operators.deletes = draw.maybe(0.2);
  out.operators.needs = draw.maybe(1.0);
}

} // namespace

cluster_knobs draw_cluster_knobs(std::uint64_t seed) {
  drawer draw{seed ^ 0xc1u};
  cluster_knobs out;
  draw_sizes(draw, out);
  draw_times(draw, out);
  draw_machines(draw, out);
  draw_network(draw, out);
  draw_workers(draw, out);
  return out;
}

} // namespace serval::simulation
