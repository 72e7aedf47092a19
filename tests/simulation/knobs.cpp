#include "simulation/knobs.hpp"

#include "simulation/drawer.hpp"

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

void draw_machine(drawer& draw, knobs& out) {
  out.machine.crash_every = draw.maybe(3s, 60s);
  out.machine.power_cuts = draw.maybe(1.0);
  out.machine.pause_every = draw.maybe(5s, 60s);
  out.machine.pause_max = draw.span(100ms, 10s);
  out.machine.master_crash_every = draw.maybe(1s, 30s);
  if (draw.on(0.1))
    out.machine.depose_every = draw.span(10s, 60s);
  out.machine.wall_skew = draw.maybe(1s, 87600h);
  out.disk.latency_max = draw.span(1us, 1us) + draw.maybe(1ms, 2s);
  if (draw.on(0.2))
    out.disk.sync_fails = 0.2 * draw.maybe(1.0);
  if (draw.on(0.2))
    out.disk.write_fails = 0.2 * draw.maybe(1.0);
  out.disk.cut = draw.maybe(0.1);
  if (draw.on(0.1))
    out.disk.loses_end = 0.3;
}

void draw_workers(drawer& draw, knobs& out) {
  out.workers.start_max = draw.span(1ms, 100ms) + draw.maybe(100ms, 2s);
  out.workers.start_fails = draw.maybe(0.5);
  out.workers.start_hangs = draw.maybe(0.3);
  out.workers.crash_every = draw.maybe(50ms, 20s);
  out.workers.freeze_every = draw.maybe(1s, 20s);
  out.workers.freeze_max = draw.span(100ms, 15s);
  out.workers.slow_every = draw.maybe(2s, 20s);
  out.workers.grow_every = draw.maybe(500ms, 20s);
  out.workers.fall_ill_every = draw.maybe(2s, 20s);
  out.workers.queued = draw.maybe(0.5);
  out.workers.probe_fails = draw.maybe(0.3);
}

void draw_network(drawer& draw, knobs& out) {
  out.network.delay_max = draw.span(50us, 2ms) + draw.maybe(5ms, 500ms);
  out.network.loss = draw.maybe(0.4);
  out.network.duplication = draw.maybe(0.4);
  out.network.partition_every = draw.maybe(5s, 60s);
  out.network.partition_max = draw.span(500ms, 20s);
}

void draw_operators(drawer& draw, knobs& out) {
  out.operators.count = draw.number(1, 3);
  out.operators.command_every
    = draw.on(0.15) ? draw.span(100ms, 1s) : draw.span(1s, 15s);
  out.operators.repeats = draw.maybe(0.5);
  out.operators.bad_releases = draw.maybe(0.6);
  out.operators.deletes = draw.maybe(0.3);
}

void draw_load(drawer& draw, knobs& out) {
  if (!draw.on(0.5))
    return;
  auto& load = out.load;
  load.rate = draw.number(1, 150);
  load.service = draw.span(100us, 60ms);
  load.deadline = draw.span(50ms, 5s);
  load.concurrency = draw.number(1, 4);
  load.queue = draw.number(1, 30);
  load.max_requests = draw.number(1, 200);
  load.pieces_max = draw.number(0, 8);
  load.idempotent = draw.on(0.5);
  load.cancels = draw.maybe(0.4);
  load.low = draw.maybe(1.0);
  load.poison = draw.on(0.3) ? 0.02 * draw.maybe(1.0) : 0;
  load.hangs = draw.on(0.3) ? 0.02 * draw.maybe(1.0) : 0;
  // Such a world has many events; it lives shorter.
  out.span = draw.span(5s, 40s);
}

} // namespace

supervision_options draw_supervision(drawer& draw) {
  supervision_options out;
  out.start_timeout = draw.span(2s, 6s);
  out.start_extra = draw.span(500ms, 3s);
  out.queue_max = draw.span(5s, 10s);
  out.retire_max = draw.span(500ms, 5s);
  out.drain_extra = draw.span(100ms, 1s);
  out.stop_max = draw.span(3s, 6s);
  out.bring_up_max = draw.span(5s, 25s);
  out.journal_retry = draw.span(100ms, 2s);
  out.back_off_first = draw.span(50ms, 500ms);
  out.back_off_max = draw.span(1s, 8s);
  out.stable_after = draw.span(500ms, 3s);
  out.trial_span = draw.span(5s, 20s);
  out.trial_deaths_max = draw.number(1, 3);
  out.restart_burst = draw.number(2, 12);
  out.restart_period = draw.span(2s, 10s);
  out.recycle_age_min = draw.span(100ms, 3s);
  return out;
}

knobs draw_knobs(std::uint64_t seed) {
  drawer draw{seed};
  knobs out;
  out.span = draw.span(20s, 240s);
  out.applications = draw.on() ? draw.number(2, 4) : 1;
  out.loops = draw.on() ? draw.number(2, 3) : 1;
  out.workers_max = draw.on(0.2) ? draw.number(8, 24) : draw.number(1, 6);
  out.supervision = draw_supervision(draw);
  draw_machine(draw, out);
  draw_workers(draw, out);
  draw_network(draw, out);
  draw_operators(draw, out);
  draw_load(draw, out);
  return out;
}

} // namespace serval::simulation
