#include "load/load_driver.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace serval {

namespace {

using namespace std::chrono_literals;

/// How often time-outs and the wish to stop are looked at.
constexpr duration check_every = 20ms;

/// In a closed loop, before another attempt to reach a target that is away.
constexpr duration pause_after_failure = 10ms;

bool never_arrived(request_end end) {
  return static_cast<int>(end) < 100;
}

} // namespace

load_driver::load_driver(const driver_settings& settings,
                         std::optional<arrival_schedule> schedule,
                         const request_mix& mix, load_transport& transport,
                         load_observer& observer, const std::atomic<bool>& stop)
  : settings_(settings),
    schedule_(std::move(schedule)),
    mix_(mix),
    transport_(transport),
    observer_(observer),
    stop_(stop),
    random_(settings.seed),
    record_(settings.warm_up, settings.end),
    next_id_(settings.share + 1) {
  if (schedule_)
    due_ = schedule_->next();
  again_.resize(settings.in_flight);
}

void load_driver::run() {
  auto now = transport_.now();
  while (now < settings_.start)
    now = transport_.wait(settings_.start);
  while (true) {
    step(since_start(now));
    if (is_over(since_start(now)))
      break;
    now = transport_.wait(settings_.start + next_event());
  }
  give_up_all(since_start(now));
  record_.close();
}

void load_driver::step(duration now) {
  while (!waiting_.empty() && send(waiting_.front()))
    waiting_.pop_front();
  if (schedule_)
    send_due(now);
  else
    send_again(now);
  if (now < next_check_ && now < settings_.end)
    return;
  next_check_ = now + std::min(check_every, settings_.timeout / 4);
  give_up_late(now);
  auto is_through = schedule_ ? !due_ : now >= settings_.end;
  if (sending_ && (is_through || stop_)) {
    sending_ = false;
    stopped_at_ = std::min(now, settings_.end);
  }
}

void load_driver::send_due(duration now) {
  while (sending_ && due_ && *due_ <= now) {
    auto intended = *due_;
    due_ = schedule_->next();
    // Each send takes a while, so that the last of many is later than `now`.
    record_.on_lag(intended, since_start(transport_.now()) - intended);
    if (waiting_.empty() && send({intended}))
      continue;
    record_.on_wait(intended);
    waiting_.push_back({intended});
  }
}

void load_driver::send_again(duration now) {
  while (sending_ && !again_.empty() && again_.front() <= now
         && now < settings_.end && send({since_start(transport_.now())}))
    again_.pop_front();
}

bool load_driver::send(due_request request) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  auto slot = free_.back();
  auto sent = since_start(transport_.now());
  auto body = mix_.choose(random_);
  if (!transport_.start(slot, body, next_id_, *this))
    return false;
  free_.pop_back();
  slots_[slot] = {request.intended, sent, next_id_, request.attempt, body,
                  true};
  next_id_ += settings_.shares;
  ++open_;
  return true;
}

void load_driver::on_end(const transport_end& ended, time_point at) {
  auto now = since_start(at);
  finish(ended.slot, ended, now);
  if (!waiting_.empty()) {
    if (send(waiting_.front()))
      waiting_.pop_front();
  } else if (settings_.in_flight > 0 && sending_ && now < settings_.end) {
    if (never_arrived(ended.end))
      again_.push_back(now + pause_after_failure);
    else if (!send({now}))
      again_.push_back(now);
  }
}

void load_driver::finish(std::uint32_t slot, const transport_end& ended,
                         duration now) {
  auto& request = slots_[slot];
  SERVAL_ASSERT(request.open);
  request.open = false;
  free_.push_back(slot);
  --open_;
  request_record record{request.id, request.intended, request.sent, now,
                        ended.end, ended.bytes, ended.worker, request.attempt,
                        request.body};
  observer_.on_request(record);
  if (request.attempt < settings_.retries && sending_
      && is_worth_another_attempt(ended.end))
    waiting_.push_back({request.intended, request.attempt + 1});
  else
    record_.on_end(record);
}

void load_driver::give_up_late(duration now) {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const auto& request = slots_[slot];
    if (!request.open || now - request.sent < settings_.timeout)
      continue;
    transport_.abandon(slot);
    finish(slot, {slot, request_end::timed_out}, now);
    if (settings_.in_flight > 0)
      again_.push_back(now + pause_after_failure);
  }
}

void load_driver::give_up_all(duration now) {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
    if (slots_[slot].open) {
      transport_.abandon(slot);
      finish(slot, {slot, request_end::unfinished}, now);
    }
  for (auto [intended, attempt] : waiting_) {
    request_record record{next_id_, intended, now, now};
    record.attempt = attempt;
    next_id_ += settings_.shares;
    record_.on_end(record);
    observer_.on_request(record);
  }
  waiting_.clear();
}

bool load_driver::is_over(duration now) const noexcept {
  if (sending_)
    return false;
  return (open_ == 0 && waiting_.empty())
         || now - stopped_at_ >= settings_.timeout;
}

duration load_driver::next_event() const noexcept {
  auto next = next_check_;
  if (sending_ && due_)
    next = std::min(next, *due_);
  if (sending_ && !again_.empty())
    next = std::min(next, std::max(again_.front(), duration::zero()));
  return next;
}

} // namespace serval
