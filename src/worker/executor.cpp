#include "worker/executor.hpp"

#include "base/assert.hpp"
#include "base/defect.hpp"
#include "worker/executor_state.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace serval {

namespace {

using phase = serval_call::phase;

/// Runs on the call's fiber.
void run_user_code(void* argument) noexcept {
  auto& call = *static_cast<serval_call*>(argument);
  auto& state = *call.owner;
  serval_sink sink{&call.reply, [](void* reply, serval_bytes bytes) noexcept {
                     static_cast<std::string*>(reply)->append(bytes.data,
                                                              bytes.size);
                   }};
  auto request = call.call.request.bytes;
  call.status = state.backend.handle(state.instance, &call,
                                     {request.data(), request.size()}, &sink);
}

outcome outcome_of(serval_call& call, executor_host& host) {
  switch (call.status) {
    case SERVAL_HANDLE_OK:
      return outcome::success(std::move(call.reply));
    case SERVAL_HANDLE_FAILED:
      return outcome::failure(errc::user_error, std::move(call.reply), true);
    case SERVAL_HANDLE_CANCELLED:
      if (host.now() >= call.call.context->deadline)
        return outcome::failure(errc::deadline_exceeded, "", true);
      return outcome::failure(errc::cancelled, "", true);
    default:
      if (call.status >= 400 && call.status <= 499)
        return outcome::reject(static_cast<std::uint16_t>(call.status),
                               std::move(call.reply));
      return outcome::failure(errc::user_error,
                              "the backend answered with the unknown status "
                                + std::to_string(call.status),
                              true);
  }
}

} // namespace

// -- inside -------------------------------------------------------------------

bool executor::state::can_start() const {
  return slots_used < limits.concurrency && !queue.empty();
}

serval_call& executor::state::take_idle_call() {
  if (idle.empty()) {
    calls.push_back(std::make_unique<serval_call>(*this, stacks));
    idle.push_back(calls.back().get());
  }
  auto& call = *idle.back();
  idle.pop_back();
  return call;
}

serval_call* executor::state::find_started(call_id id) noexcept {
  // Only cancels look for a call; a table would cost every call.
  for (auto& each : calls)
    if (each->now_in != phase::idle && each->call.id == id)
      return each.get();
  return nullptr;
}

void executor::state::start_next() {
  auto next = queue.pop();
  if (!next)
    return;
  if (now >= next->context->deadline && !defect("skip_deadline_check")) {
    host.finished(next->id, outcome::failure(errc::deadline_exceeded, ""));
    return;
  }
  serval_call* call = nullptr;
  try {
    call = &take_idle_call();
  } catch (const std::bad_alloc&) {
    host.finished(next->id, outcome::failure(errc::overload,
                                             "no memory for another stack"));
    return;
  }
  call->call = std::move(*next);
  call->has_slot = true;
  ++slots_used;
  call->fiber.start(run_user_code, call);
  run_fiber(*call);
}

void executor::state::run_fiber(serval_call& call) {
  if (!call.has_slot && !call.cancelled) {
    call.has_slot = true;
    ++slots_used;
  }
  call.now_in = phase::running;
  host.running(call.call.id);
  call.fiber.run();
  host.running({});
  if (call.fiber.idle()) {
    finish(call);
  } else if (call.now_in == phase::mapping && call.has_slot) {
    call.has_slot = false;
    --slots_used;
  }
}

void executor::state::finish(serval_call& call) {
  // A plugin that kept a map open broke the contract; it must not leak here.
  while (!call.maps.empty())
    end_map(*call.maps.back());
  call.cancel();
  if (call.has_slot && !(call.cancelled && defect("leak_slot_on_cancel")))
    --slots_used;
  call.has_slot = false;
  auto id = call.call.id;
  auto what = outcome_of(call, host);
  // Clients are not told what user code says of its failures; operators are.
  if (what.code == errc::user_error)
    host.log(call.call.context->request_id, SERVAL_LOG_ERROR, what.body);
  call.call = {};
  call.reply = {};
  call.cancelled = false;
  call.woken = false;
  call.now_in = phase::idle;
  idle.push_back(&call);
  host.finished(id, std::move(what));
}

void executor::state::cancel_started(serval_call& call) {
  if (call.cancelled)
    return;
  call.cancelled = true;
  if (call.now_in == phase::sleeping || call.now_in == phase::mapping) {
    make_ready(call);
  } else if (call.now_in == phase::ready && !call.has_slot) {
    // It needs no slot to unwind.
    std::erase(ready_for_slot, &call);
    ready.push_back(&call);
  }
}

void executor::state::make_ready(serval_call& call) {
  call.now_in = phase::ready;
  if (call.has_slot || call.cancelled)
    ready.push_back(&call);
  else
    ready_for_slot.push_back(&call);
}

serval_call* executor::state::take_ready() {
  auto take = [](std::deque<serval_call*>& from) {
    auto* first = from.front();
    from.pop_front();
    return first;
  };
  if (!ready.empty())
    return take(ready);
  if (!ready_for_slot.empty() && slots_used < limits.concurrency)
    return take(ready_for_slot);
  return nullptr;
}

// -- outside ------------------------------------------------------------------

executor::executor(const serval_backend_type& backend, void* instance,
                   limits limits, executor_host& host)
  : state_(std::make_unique<state>(backend, instance, limits, host)) {
  SERVAL_ASSERT(limits.concurrency > 0);
}

executor::~executor() {
  while (auto next = state_->queue.pop())
    state_->host.finished(next->id, outcome::failure(errc::cancelled, ""));
  for (auto& call : state_->calls)
    if (call->now_in != phase::idle)
      state_->cancel_started(*call);
  while (auto* call = state_->take_ready())
    state_->run_fiber(*call);
  SERVAL_ASSERT(started() == 0);
}

void executor::submit(std::vector<worker_call> calls) {
  for (auto& refused : state_->queue.push(std::move(calls)))
    state_->host.finished(refused.id,
                          outcome::failure(errc::overload,
                                           "the worker's queue is full"));
}

void executor::cancel(call_id call) {
  if (state_->queue.remove(call)) {
    state_->host.finished(call, outcome::failure(errc::cancelled, ""));
    return;
  }
  if (auto* found = state_->find_started(call))
    state_->cancel_started(*found);
}

void executor::map_done(map_ticket ticket, map_outcomes outcomes) {
  auto found = state_->maps.find(ticket);
  if (found == state_->maps.end())
    return;
  auto& map = *found->second;
  if (map.done)
    return;
  map.done = true;
  map.outcomes = std::move(outcomes);
  map.on_done(map.user);
}

bool executor::run(duration budget) {
  auto& self = *state_;
  auto begin = self.host.now();
  self.now = begin;
  if (self.slots_used > 0)
    self.busy_time += begin - self.idle_since;
  self.timers.fire(begin);
  bool more = self.run_until(begin + budget);
  self.busy_time += self.now - begin;
  self.idle_since = self.now;
  return more;
}

bool executor::state::run_until(time_point end) {
  for (;;) {
    if (auto* call = take_ready())
      run_fiber(*call);
    else if (can_start())
      start_next();
    else
      return false;
    now = host.now();
    if (now >= end)
      return !ready.empty() || can_start()
             || (!ready_for_slot.empty() && slots_used < limits.concurrency);
  }
}

duration executor::take_busy_time() noexcept {
  return std::exchange(state_->busy_time, duration{});
}

std::optional<time_point> executor::next_wake() const {
  return state_->timers.next();
}

std::size_t executor::started() const noexcept {
  return state_->calls.size() - state_->idle.size();
}

std::size_t executor::waiting() const noexcept {
  return state_->queue.size();
}

} // namespace serval
