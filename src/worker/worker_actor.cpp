#include "worker/worker_actor.hpp"

#include "dispatcher/call_numbers.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace serval {

worker_actor::worker_actor(caf::actor_config& config, worker_setup setup)
  : loop_actor(config),
    setup_(std::move(setup)),
    life_(setup_.dispatchers.size()),
    health_(setup_.health, setup_.id.value) {
  drain_timer_.owner = this;
  health_timer_.owner = this;
}

caf::behavior worker_actor::make_behavior() {
  body_ = setup_.make_body(*this);
  return {
    [this](call_batch& batch) { take_calls(std::move(batch.calls)); },
    [this](const cancel_batch& batch) { cancel_calls(batch.calls); },
    [this](const end_worker& end) {
      end_ = end;
      act(life_.on_stop());
    },
    [this](const drain_acknowledged&) {
      act(life_.on_drain_acknowledged(calls_in_hand_));
    },
  };
}

void worker_actor::on_exit() {
  drain_timer_.cancel();
  health_timer_.cancel();
  body_.reset();
  setup_ = {};
}

void worker_actor::act(body_life::action what) {
  switch (what) {
    case body_life::action::nothing:
      break;
    case body_life::action::announce:
      for (auto& dispatcher : setup_.dispatchers) {
        bool near = dispatcher == setup_.dispatcher.handle;
        caf::anon_send(dispatcher,
                       worker_up{setup_.backend,
                                 {setup_.id, setup_.concurrency,
                                  near ? locality::loop : locality::node},
                                 caf::actor{this},
                                 near ? this : nullptr});
      }
      break;
    case body_life::action::ask_to_drain:
      for (auto& dispatcher : setup_.dispatchers)
        caf::anon_send(dispatcher, worker_drain{setup_.id});
      home()->arm(drain_timer_, loop::now() + end_.drain);
      break;
    case body_life::action::stop_body:
      drain_timer_.cancel();
      health_.end();
      health_timer_.cancel();
      body_->stop(end_.grace);
      break;
  }
}

void worker_actor::act(health_watch::step what) {
  if (auto due = health_.due())
    home()->arm(health_timer_, *due);
  if (what.unhealthy && setup_.on_unhealthy)
    setup_.on_unhealthy(std::move(*what.unhealthy));
  if (what.ask)
    body_->check_health();
}

bool worker_actor::was_busy() noexcept {
  return std::exchange(calls_came_, calls_in_hand_ > 0) || calls_in_hand_ > 0;
}

// -- near_worker --------------------------------------------------------------

void worker_actor::take_calls(std::vector<worker_call> calls) {
  if (!body_ || !life_.takes_calls())
    return refuse(calls);
  calls_in_hand_ += calls.size();
  calls_came_ = true;
  body_->submit(std::move(calls));
}

void worker_actor::cancel_calls(const std::vector<call_id>& calls) {
  if (body_ && life_.takes_calls())
    for (auto call : calls)
      body_->cancel(call);
}

void worker_actor::refuse(const std::vector<worker_call>& calls) {
  // Sent before the dispatcher knew that the body is gone: these never began.
  // Always by message, as the dispatcher may be the caller.
  for (auto& call : calls) {
    auto number = call_number::unpack(call.id).dispatcher;
    result_batch refused{setup_.id, {}, {}, 0};
    refused.results.push_back(
      {call.id, outcome::failure(errc::worker_died, "the worker is gone")});
    if (number < setup_.dispatchers.size())
      caf::anon_send(setup_.dispatchers[number], std::move(refused));
  }
}

// -- worker_body_events -------------------------------------------------------

void worker_actor::ready() {
  act(life_.on_ready());
  health_.begin(loop::now());
  act(health_watch::step{});
  setup_.on_ready(body_->pid());
}

void worker_actor::ended(bool stopped, error why) {
  // Whoever hears of the end lets go of this actor, on another loop perhaps
  // before this returns.
  caf::actor self{this};
  auto was_ready = life_.announced();
  auto asked = life_.now_in() == body_life::state::draining
               || life_.now_in() == body_life::state::stopping;
  life_.on_ended();
  health_.end();
  health_timer_.cancel();
  calls_in_hand_ = 0;
  for (auto& [ticket, open] : std::exchange(maps_, {}))
    setup_.dispatcher.object->end_map(open.map);
  if (was_ready)
    tell_dispatchers_down();
  setup_.on_ended(stopped || asked, was_ready, std::move(why));
  // Not a turn of this actor, and the body is still on the call stack: both
  // go when the exit message is handled.
  caf::anon_send_exit(self, caf::exit_reason::user_shutdown);
}

void worker_actor::losing(lost_calls what) {
  received_ = std::move(what.received);
  if (!what.culprit)
    return;
  auto bytes = what.culprit->request.bytes;
  auto print = fingerprint_of(setup_.backend, bytes);
  // Before the dispatchers hear of the death, so that they do not try again
  // what is in quarantine.
  if (setup_.poison->on_death(print, loop::now()))
    setup_.log(what.culprit->context->request_id, SERVAL_LOG_ERROR,
               "poison: a request of " + std::to_string(bytes.size())
                 + " bytes has killed two workers and is answered with 500 for "
                   "ten minutes");
}

void worker_actor::health_checked(result<void> how) {
  act(health_.on_answer(how, loop::now(), was_busy()));
}

void worker_actor::silent(bool is) {
  for (auto& dispatcher : setup_.dispatchers)
    caf::anon_send(dispatcher, worker_silence{setup_.id, is});
}

void worker_actor::tell_dispatchers_down() {
  for (auto& dispatcher : setup_.dispatchers)
    caf::anon_send(dispatcher, worker_down{setup_.id, received_});
}

void worker_actor::finished(std::vector<call_result> results,
                            duration busy_per_call) {
  calls_in_hand_ -= std::min(calls_in_hand_, results.size());
  auto number_of = [](const call_result& result) {
    return call_number::unpack(result.id).dispatcher;
  };
  auto& dispatchers = setup_.dispatchers;
  while (!results.empty()) {
    // Nearly always all results belong to one dispatcher.
    auto number = number_of(results.front());
    auto others = std::ranges::stable_partition(
      results, [&](auto& each) { return number_of(each) == number; });
    std::vector<call_result> rest{std::make_move_iterator(others.begin()),
                                  std::make_move_iterator(others.end())};
    results.erase(others.begin(), others.end());
    auto mine = std::exchange(results, std::move(rest));
    if (number >= dispatchers.size())
      continue;
    if (dispatchers[number] == setup_.dispatcher.handle)
      setup_.dispatcher.object->take_results(setup_.id, std::move(mine),
                                             busy_per_call);
    else
      caf::anon_send(dispatchers[number],
                     result_batch{setup_.id, std::move(mine), busy_per_call,
                                  static_cast<std::uint32_t>(calls_in_hand_)});
  }
  act(life_.on_calls_in_hand(calls_in_hand_));
}

void worker_actor::begin_map(map_ticket ticket, call_id call,
                             map_request request) {
  // First, so that the pieces may come to this very worker.
  tell_suspended(call, 1);
  auto map = setup_.dispatcher.object->begin_map(std::move(request), *this,
                                                 ticket);
  maps_.emplace(ticket, open_map{map, call});
}

void worker_actor::end_map(map_ticket ticket) {
  auto found = maps_.find(ticket);
  if (found == maps_.end())
    return;
  auto [map, waiting] = found->second;
  maps_.erase(found);
  tell_suspended(waiting, -1);
  setup_.dispatcher.object->end_map(map);
}

void worker_actor::tell_suspended(call_id call, std::int32_t change) {
  auto number = call_number::unpack(call).dispatcher;
  if (number >= setup_.dispatchers.size())
    return;
  if (setup_.dispatchers[number] == setup_.dispatcher.handle)
    setup_.dispatcher.object->add_suspended(setup_.id, change);
  else
    caf::anon_send(setup_.dispatchers[number],
                   suspended_change{setup_.id, change, call});
}

void worker_actor::log(std::string_view request_id, std::uint32_t level,
                       std::string_view text) {
  setup_.log(request_id, level, text);
}

// -- map_client ---------------------------------------------------------------

void worker_actor::map_done(std::uint64_t token, map_outcomes outcomes) {
  auto found = maps_.find(token);
  if (found != maps_.end()) {
    tell_suspended(found->second.waiting, -1);
    maps_.erase(found);
  }
  if (body_)
    body_->map_done(token, std::move(outcomes));
}

void worker_actor::drain_timer::on_timer(time_point) {
  owner->act(owner->life_.on_drain_deadline());
}

void worker_actor::health_timer::on_timer(time_point now) {
  owner->act(owner->health_.on_timer(now, owner->was_busy()));
}

} // namespace serval
