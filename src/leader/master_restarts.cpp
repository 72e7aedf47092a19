#include "leader/master_restarts.hpp"

#include "spec/units.hpp"

#include <algorithm>

namespace serval {

master_restarts::master_restarts(options how, std::uint64_t seed)
  : how_(std::move(how)), random_(seed) {
  // nop
}

std::optional<time_point>
master_restarts::on_failure(const std::string& app, std::string why,
                            time_point now) {
  auto& record = records_[app];
  if (record.failures > 0 && now - record.last > how_.memory)
    record.failures = 0;
  ++record.failures;
  record.last = now;
  record.why = std::move(why);
  record.due.reset();
  if (record.failures < how_.failures_max)
    record.due = now + restart_pause(how_.waits, record.failures, random_);
  return record.due;
}

void master_restarts::forget(const std::string& app) {
  records_.erase(app);
}

std::string master_restarts::describe(const std::string& app,
                                      time_point now) const {
  const auto& record = records_.at(app);
  auto text = "the app_master of application \"" + app + "\" has failed";
  if (record.failures > 1)
    text += " " + std::to_string(record.failures) + " times, the last time";
  text += " because " + record.why + "; its workers serve on; ";
  if (!record.due)
    return text
           + "nobody watches them until `serval restart app_master " + app
           + "` starts another";
  using tenths = std::chrono::duration<std::int64_t, std::deci>;
  auto left
    = std::chrono::ceil<tenths>(std::max(*record.due - now, duration::zero()));
  return text + "another starts "
         + (left > tenths::zero() ? "in " + format_duration(left) : "now");
}

} // namespace serval
