#include "worker/health_watch.hpp"

#include <utility>

namespace serval {

namespace {

std::string in_seconds(duration span) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(span);
  return ms.count() % 1000 == 0 ? std::to_string(ms.count() / 1000) + " s"
                                : std::to_string(ms.count()) + " ms";
}

} // namespace

health_watch::health_watch(limits how, std::uint64_t seed)
  : how_(how), random_(seed) {
  // nop
}

void health_watch::begin(time_point now) {
  if (how_.period > duration::zero())
    ask_after_period(now);
}

void health_watch::end() {
  due_.reset();
}

health_watch::step health_watch::on_timer(time_point now, bool busy) {
  if (!due_ || now < *due_)
    return {};
  due_ = now + how_.timeout;
  if (!std::exchange(asked_, true)) {
    waiting_since_ = now;
    overdue_ = false;
    return {true, {}};
  }
  if (busy) {
    waiting_since_ = now;
    return {};
  }
  overdue_ = true;
  return fail("has not returned for " + in_seconds(now - waiting_since_), true);
}

health_watch::step health_watch::on_answer(const result<void>& how,
                                           time_point now, bool busy) {
  if (!due_ || !std::exchange(asked_, false))
    return {};
  ask_after_period(now);
  if (overdue_)
    return {};
  if (!how)
    return fail("failed: " + how.error().message, false);
  // Inline, no timer fires while it runs.
  if (auto took = now - waiting_since_; took > how_.timeout && !busy)
    return fail("took " + in_seconds(took), false);
  failures_ = 0;
  return {};
}

void health_watch::ask_after_period(time_point now) {
  // A tenth more or less.
  auto factor = 0.9 + 0.2 * random_.unit();
  due_ = now
         + duration{static_cast<duration::rep>(
           static_cast<double>(how_.period.count()) * factor)};
}

health_watch::step health_watch::fail(const std::string& why, bool hangs) {
  ++failures_;
  if (failures_ < how_.failures)
    return {};
  auto text = "its health check " + why + "; " + std::to_string(failures_)
              + " of " + std::to_string(how_.failures) + " failures in a row";
  return {false, verdict{std::move(text), hangs}};
}

} // namespace serval
