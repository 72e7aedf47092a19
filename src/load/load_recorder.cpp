#include "load/load_recorder.hpp"

#include <algorithm>
#include <utility>

namespace serval {

load_recorder::load_recorder(duration warm_up, duration end)
  : warm_up_(warm_up), end_(end) {
  // nop
}

void load_recorder::on_lag(duration intended, duration lag) noexcept {
  if (counts(intended))
    lag_.record(lag);
}

void load_recorder::on_wait(duration intended) noexcept {
  if (counts(intended))
    ++waited_;
}

void load_recorder::on_end(const request_record& request) {
  auto went_well = is_ok(request.end);
  auto latency = request.done - request.intended;
  if (counts(request.intended)) {
    ++ends_[static_cast<std::size_t>(request.end)];
    bytes_ += request.bytes;
    if (went_well) {
      latency_.record(latency);
      service_.record(request.done - request.sent);
    }
  }
  if (went_well && counts(request.done))
    ++ok_in_window_;
  roll_to(static_cast<std::size_t>(
    std::max<std::int64_t>(0, request.done.count()) / 1'000'000'000));
  if (went_well) {
    ++open_.ok;
    this_second_.record(latency);
  } else {
    ++open_.failed;
  }
}

void load_recorder::merge(const load_recorder& other) {
  latency_.merge(other.latency_);
  service_.merge(other.service_);
  lag_.merge(other.lag_);
  waited_ += other.waited_;
  bytes_ += other.bytes_;
  ok_in_window_ += other.ok_in_window_;
  for (std::size_t i = 0; i < ends_.size(); ++i)
    ends_[i] += other.ends_[i];
  timeline_.resize(std::max(timeline_.size(), other.timeline_.size()));
  for (std::size_t i = 0; i < other.timeline_.size(); ++i) {
    auto& mine = timeline_[i];
    const auto& theirs = other.timeline_[i];
    mine.ok += theirs.ok;
    mine.failed += theirs.failed;
    mine.latency.insert(mine.latency.end(), theirs.latency.begin(),
                        theirs.latency.end());
  }
}

void load_recorder::close() {
  roll_to(second_ + 1);
}

void load_recorder::roll_to(std::size_t second) {
  // A clock that is read out of turn must not reopen a second.
  if (second <= second_)
    return;
  open_.latency = this_second_.buckets();
  this_second_.clear();
  timeline_.push_back(std::exchange(open_, {}));
  timeline_.resize(second);
  second_ = second;
}

} // namespace serval
