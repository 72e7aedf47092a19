#include "simulation/virtual_worker.hpp"

#include "dispatcher/call_numbers.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

/// How long a process that has calls may answer no ping.
constexpr duration silence_max = 800ms;

/// How long past its deadline a call may run before its process is killed.
constexpr duration hang_kill = 2s;

std::string behaviour_of(const app_spec& spec) {
  auto found = spec.config.find("behaviour");
  return found == spec.config.end()
           ? std::string{}
           : std::get<std::string>(found->second);
}

} // namespace

virtual_worker::virtual_worker(scene& in, loops& on, setup how)
  : in_(in),
    loops_(on),
    how_(std::move(how)),
    backend_(*find_backend(*how_.order.spec, how_.order.backend)),
    behaviour_(behaviour_of(*how_.order.spec)),
    life_(how_.dispatchers.size()),
    process_(in, on.daemon(), *this, *how_.order.spec, backend_) {
  // nop
}

void virtual_worker::later(duration wait, std::function<void()> what) {
  loops_.daemon().after(
    wait, [self = weak_from_this(), what = std::move(what)] {
      if (auto alive = self.lock();
          alive && alive->life_.now_in() != body_life::state::over)
        what();
    });
}

// -- life ---------------------------------------------------------------------

void virtual_worker::start(duration queued) {
  if (queued > duration{})
    return later(queued, [this] {
      if (life_.now_in() != body_life::state::starting)
        return;
      how_.on_begun(key());
      start(duration{});
    });
  later(between(in_.random(), 100us, in_.how.workers.start_max),
        [this] { begin_life(); });
}

void virtual_worker::begin_life() {
  if (behaviour_ == "hangs" || in_.fails(in_.how.workers.start_hangs))
    return;
  if (behaviour_ == "fails" || in_.fails(in_.how.workers.start_fails))
    return crash();
  ready();
}

void virtual_worker::ready() {
  if (!process_.alive())
    return;
  act(life_.on_ready());
  how_.on_ready(key());
  if (behaviour_ == "dies")
    later(between(in_.random(), 1ms, 700ms), [this] {
      if (!in_.calm)
        crash();
    });
}

void virtual_worker::end(duration drain, duration grace) {
  drain_ = drain;
  grace_ = grace;
  act(life_.on_stop());
}

void virtual_worker::drain_acknowledged() {
  act(life_.on_drain_acknowledged(calls_in_hand_.size()));
}

void virtual_worker::act(body_life::action what) {
  switch (what) {
    case body_life::action::nothing:
      break;
    case body_life::action::announce:
      for (auto* each : how_.dispatchers) {
        auto near = each->name().loop == home();
        loops_.post(home(), each->name().loop,
                    [each, near, self = shared_from_this()] {
                      each->worker_up(self, near);
                    });
      }
      break;
    case body_life::action::ask_to_drain:
      for (auto* each : how_.dispatchers)
        loops_.post(home(), each->name().loop,
                    [each, id = key().id] { each->worker_drain(id); });
      later(drain_, [this] { act(life_.on_drain_deadline()); });
      break;
    case body_life::action::stop_body:
      stop_body();
      break;
  }
}

void virtual_worker::stop_body() {
  process_.stop();
  later(grace_, [this] { process_.die(std::nullopt); });
}

void virtual_worker::ended(bool stopped) {
  auto was_ready = life_.announced();
  auto asked = life_.now_in() == body_life::state::draining
               || life_.now_in() == body_life::state::stopping;
  life_.on_ended();
  calls_in_hand_.clear();
  for (auto& [call, map] : std::exchange(maps_, {}))
    how_.dispatchers[home()]->end_map(map);
  if (was_ready)
    for (auto* each : how_.dispatchers)
      loops_.post(home(), each->name().loop,
                  [each, id = key().id, received = received_] {
                    each->worker_down(id, received);
                  });
  how_.on_ended(key(), stopped || asked, was_ready);
}

// -- calls --------------------------------------------------------------------

void virtual_worker::take_calls(std::vector<worker_call> calls) {
  if (!life_.takes_calls())
    return refuse(calls);
  for (const auto& call : calls) {
    calls_in_hand_.emplace(call.id, call);
    watch_call(call);
  }
  process_.submit(std::move(calls));
}

void virtual_worker::cancel_calls(const std::vector<call_id>& calls) {
  if (life_.takes_calls())
    for (auto call : calls)
      process_.cancel(call);
}

void virtual_worker::refuse(const std::vector<worker_call>& calls) {
  for (const auto& call : calls) {
    auto* to = how_.dispatchers[call_number::unpack(call.id).dispatcher];
    loops_.post(home(), to->name().loop, [to, id = key().id, call = call.id] {
      to->take_results(
        id, {{call, outcome::failure(errc::worker_died, "it is gone")}}, {});
    });
  }
}

void virtual_worker::on_finished(std::vector<call_result> results) {
  if (life_.now_in() == body_life::state::over)
    return;
  std::map<std::uint8_t, std::vector<call_result>> by_dispatcher;
  for (auto& each : results) {
    calls_in_hand_.erase(each.id);
    by_dispatcher[call_number::unpack(each.id).dispatcher].push_back(
      std::move(each));
  }
  for (auto& [number, batch] : by_dispatcher) {
    auto* to = how_.dispatchers[number];
    auto busy = process_.usual_service();
    if (number == home())
      to->take_results(key().id, std::move(batch), busy);
    else
      loops_.post(home(), number,
                  [to, id = key().id, busy, batch = std::move(batch)] {
                    to->take_results(id, batch, busy);
                  });
  }
  act(life_.on_calls_in_hand(calls_in_hand_.size()));
}

void virtual_worker::on_map_begun(call_id call, map_request request) {
  if (life_.now_in() == body_life::state::over)
    return;
  tell_suspended(call, 1);
  auto map = how_.dispatchers[home()]->begin_map(
    std::move(request), [this, self = shared_from_this(), call](auto) {
      if (maps_.erase(call) > 0)
        tell_suspended(call, -1);
      process_.map_done(call);
    });
  maps_.emplace(call, map);
}

void virtual_worker::on_map_given_up(call_id call) {
  auto found = maps_.extract(call);
  if (found.empty())
    return;
  tell_suspended(call, -1);
  how_.dispatchers[home()]->end_map(found.mapped());
}

void virtual_worker::tell_suspended(call_id call, std::int32_t change) {
  auto* to = how_.dispatchers[call_number::unpack(call).dispatcher];
  if (to->name().loop == home())
    return to->add_suspended(key().id, change);
  loops_.post(home(), to->name().loop, [to, id = key().id, change] {
    to->add_suspended(id, change);
  });
}

// -- ends ---------------------------------------------------------------------

void virtual_worker::on_stopped() {
  if (life_.now_in() == body_life::state::over)
    return;
  if (drain_ > duration{})
    in_.watch(&promise::on_stopped, key().id, calls_in_hand_);
  ended(true);
}

void virtual_worker::on_died(std::vector<call_id> received,
                             std::optional<worker_call> culprit) {
  if (life_.now_in() == body_life::state::over)
    return;
  received_ = std::move(received);
  if (culprit) {
    const auto& bytes = culprit->request.bytes;
    how_.poison->on_death(fingerprint_of(backend_.name, bytes),
                          in_.loop.now());
    in_.watch(&promise::on_killed_by, how_.order.app, how_.order.release,
              std::string_view{bytes});
  }
  ended(false);
}

void virtual_worker::watch_call(const worker_call& call) {
  auto overdue = call.context->deadline + hang_kill - in_.loop.now();
  later(overdue, [this, id = call.id] {
    if (calls_in_hand_.contains(id))
      process_.die(std::nullopt);
  });
}

// -- faults -------------------------------------------------------------------

void virtual_worker::crash() {
  process_.die(std::nullopt);
}

void virtual_worker::freeze(duration span) {
  if (process_.frozen() || !process_.alive())
    return;
  process_.freeze();
  later(silence_max, [this] { watch_silence(); });
  in_.loop.after(span, [self = weak_from_this()] {
    if (auto alive = self.lock())
      alive->process_.thaw();
  });
}

void virtual_worker::watch_silence() {
  auto silent = process_.frozen() && process_.alive();
  if (silent && !calls_in_hand_.empty() && !told_silent_) {
    told_silent_ = true;
    for (auto* each : how_.dispatchers)
      loops_.post(home(), each->name().loop,
                  [each, id = key().id] { each->worker_silence(id, true); });
  }
  if (silent)
    return later(200ms, [this] { watch_silence(); });
  if (!std::exchange(told_silent_, false))
    return;
  for (auto* each : how_.dispatchers)
    loops_.post(home(), each->name().loop,
                [each, id = key().id] { each->worker_silence(id, false); });
}

void virtual_worker::slow_down() {
  process_.slowness = process_.slowness > 1 ? 1 : 10;
}

} // namespace serval::simulation
