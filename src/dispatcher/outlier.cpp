#include "dispatcher/outlier.hpp"

#include "base/defect.hpp"

#include <algorithm>
#include <cmath>

namespace serval {

namespace {

using limits = outlier_limits;

double log2_us(duration latency) {
  return std::log2(
    std::max(static_cast<double>(latency.count()) / 1000, 1.0));
}

duration from_log2_us(double value) {
  return duration{static_cast<std::int64_t>(std::exp2(value) * 1000)};
}

/// The lower median, so that of two the better is the measure.
double median_of(std::vector<double>& values) {
  auto middle = values.begin()
                + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Whether the worker is to blame: not the client, the clock or a cancel.
bool is_failure(const outcome& what) {
  return !what.ok() && what.code != errc::rejected
         && error_class_of(*what.code) != error_class::deadline;
}

/// Whether the call was ended early, so that it would have taken longer.
bool is_cut_short(const outcome& what) {
  return !what.ok() && error_class_of(*what.code) == error_class::deadline;
}

} // namespace

std::string_view to_string(ejection cause) noexcept {
  static constexpr std::array<std::string_view, ejection_count> names
    = {"silent", "stalled", "failing", "slow"};
  return names[static_cast<std::size_t>(cause)];
}

void outlier_detector::reset(index worker, duration way) {
  if (worker >= records_.size())
    records_.resize(worker + 1);
  ejected_ -= records_[worker].standing == standing::out ? 1 : 0;
  records_[worker] = {};
  records_[worker].way = way;
}

bool outlier_detector::take_sample(record& from, const outcome& what,
                                   time_point now) noexcept {
  from.sampled = {};
  auto latency = log2_us(now - from.sampled_at);
  auto failed = is_failure(what);
  auto weight = std::max(limits::gain, 1.0 / (1.0 + from.samples));
  // What fails may fail fast; that is no merit.
  auto counts = !failed && (!is_cut_short(what) || latency > from.log_latency);
  auto slow = is_slow(latency, from);
  if (from.samples == 0 || counts) {
    from.log_latency += weight * (latency - from.log_latency);
    from.slow_share += weight * ((slow ? 1.0 : 0.0) - from.slow_share);
  }
  from.failure_share += std::max(2 * limits::gain, weight)
                        * ((failed ? 1.0 : 0.0) - from.failure_share);
  ++from.samples;
  if (from.standing != standing::returning) {
    from.sample_from = now + limits::sample_gap;
    return false;
  }
  if (failed || slow)
    return false;
  from.window = std::min(from.window * 2, 1u << 20);
  from.allowance = from.carried + from.window;
  return true;
}

bool outlier_detector::is_slow(double log_latency,
                               const record& from) const noexcept {
  return usual_log_ && log_latency >= *usual_log_ + limits::slow_log2
         && log_latency >= log2_us(limits::slow_min + from.way);
}

// -- reviews ------------------------------------------------------------------

const std::vector<outlier_detector::index>&
outlier_detector::review(std::span<const outlier_view> workers, time_point now,
                         random_source& random) {
  changed_.clear();
  find_usual(workers);
  std::uint32_t up = 0;
  std::uint32_t out = 0;
  std::vector<suspect> suspects;
  for (index i = 0; i < workers.size(); ++i) {
    up += workers[i].up ? 1 : 0;
    if (is_ejected(i)) {
      if (may_return(records_[i], workers[i], now))
        take_back(i, workers[i], now);
      else
        stay_out(i, workers[i], out);
    } else if (auto found = judge(i, workers, now)) {
      suspects.push_back(*found);
    } else if (has_returned(records_[i])) {
      records_[i].standing = standing::in;
      records_[i].allowance = unlimited;
      changed_.push_back(i);
    }
  }
  std::ranges::sort(suspects, [](const suspect& a, const suspect& b) {
    return a.cause != b.cause ? a.cause < b.cause : a.badness > b.badness;
  });
  for (auto& each : suspects)
    if (out < up / 2) {
      eject(each, now, random);
      ++out;
    }
  // Workers may have gone since others were ejected.
  for (; out > up / 2; --out)
    take_back_best(workers, now);
  return changed_;
}

bool outlier_detector::has_returned(const record& from) noexcept {
  return from.standing == standing::returning
         && from.samples >= limits::samples_min
         && from.window >= limits::samples_min;
}

void outlier_detector::find_usual(std::span<const outlier_view> workers) {
  std::vector<double> latencies;
  std::vector<double> slow_shares;
  std::vector<double> failures;
  for (index i = 0; i < workers.size(); ++i) {
    auto& record = records_[i];
    if (!workers[i].up || record.standing != standing::in
        || record.samples < limits::samples_min)
      continue;
    latencies.push_back(record.log_latency);
    slow_shares.push_back(record.slow_share);
    failures.push_back(record.failure_share);
  }
  if (latencies.empty())
    return; // What was usual before still is.
  usual_log_ = median_of(latencies);
  usual_latency_ = from_log2_us(*usual_log_);
  usual_slow_share_ = median_of(slow_shares);
  usual_failure_share_ = median_of(failures);
}

std::optional<outlier_detector::suspect>
outlier_detector::judge(index worker, std::span<const outlier_view> workers,
                        time_point now) const {
  auto& record = records_[worker];
  auto& seen = workers[worker];
  if (!seen.up)
    return std::nullopt;
  if (record.silent)
    return suspect{worker, ejection::silent, 0};
  if (is_stalled(worker, workers, now))
    return suspect{worker, ejection::stalled,
                   static_cast<double>((now - record.quiet_since).count())};
  auto samples_min = record.standing == standing::returning
                       ? limits::samples_min_returning
                       : limits::samples_min;
  if (record.samples < samples_min || !usual_log_)
    return std::nullopt;
  if (record.failure_share >= limits::failing_share
      && usual_failure_share_ <= limits::failing_share_others)
    return suspect{worker, ejection::failing, record.failure_share};
  if (is_slow(record.log_latency, record)
      || (record.slow_share >= limits::slow_share
          && usual_slow_share_ <= limits::slow_share_others))
    return suspect{worker, ejection::slow, record.log_latency};
  return std::nullopt;
}

bool outlier_detector::is_stalled(index worker,
                                  std::span<const outlier_view> workers,
                                  time_point now) const {
  auto& record = records_[worker];
  auto& seen = workers[worker];
  if (seen.load == 0 || !usual_log_)
    return false;
  auto since = record.standing == standing::returning
                 ? std::max(record.quiet_since, record.until)
                 : record.quiet_since;
  auto usual = from_log2_us(std::max(*usual_log_, record.log_latency));
  auto patience = std::max(
    limits::stalled_min,
    duration{static_cast<std::int64_t>(limits::stalled_calls
                                       * static_cast<double>(usual.count()))});
  if (now - since < patience)
    return false;
  // Half of the others must have moved in the second half of that time.
  std::uint32_t others = 0;
  std::uint32_t moving = 0;
  for (index i = 0; i < workers.size(); ++i) {
    if (i == worker || !workers[i].up)
      continue;
    ++others;
    moving += records_[i].quiet_since >= now - patience / 2 ? 1 : 0;
  }
  return moving > 0 && 2 * moving >= others;
}

bool outlier_detector::may_return(const record& ejected,
                                  const outlier_view& seen, time_point now) {
  if (now < ejected.until || ejected.silent)
    return false;
  // A process that was frozen still has to get rid of what it had.
  return ejected.cause != ejection::silent || seen.in_flight == 0;
}

void outlier_detector::eject(const suspect& who, time_point now,
                             random_source& random) {
  if (defect("no_ejection"))
    return;
  auto& record = records_[who.worker];
  if (record.standing == standing::in
      && now - record.until > 2 * limits::eject_max)
    record.times = 0;
  auto span = limits::eject_first;
  for (std::uint32_t i = 0; i < record.times && span < limits::eject_max; ++i)
    span *= 2;
  span = std::min(span, limits::eject_max);
  // The dispatchers of several loops must not come back at the same time.
  auto shorter = random.unit() / 4;
  record.until = now + span
                 - duration{static_cast<std::int64_t>(
                   static_cast<double>(span.count()) * shorter)};
  ++record.times;
  record.standing = standing::out;
  record.cause = who.cause;
  record.allowance = 0;
  ++ejected_;
  ++ejections_[static_cast<std::size_t>(who.cause)];
  changed_.push_back(who.worker);
}

/// One that was ejected for something else may have fallen silent since; then
/// others are to have what it had.
void outlier_detector::stay_out(index worker, const outlier_view& seen,
                                std::uint32_t& out) {
  auto& record = records_[worker];
  out += seen.up ? 1 : 0;
  if (!record.silent || record.cause == ejection::silent)
    return;
  record.cause = ejection::silent;
  changed_.push_back(worker);
}

void outlier_detector::take_back(index worker, const outlier_view& seen,
                                 time_point now) {
  auto& record = records_[worker];
  record.standing = standing::returning;
  record.until = now;
  // Judged anew, by what it does from now on.
  record.samples = 0;
  record.log_latency = 0;
  record.slow_share = 0;
  record.failure_share = 0;
  record.sampled = {};
  record.sample_from = now;
  record.window = 1;
  record.carried = seen.load;
  record.allowance = record.carried + record.window;
  --ejected_;
  changed_.push_back(worker);
}

void outlier_detector::take_back_best(std::span<const outlier_view> workers,
                                      time_point now) {
  auto better = [](const record& a, const record& b) {
    return a.cause != b.cause ? a.cause > b.cause : a.until < b.until;
  };
  std::optional<index> best;
  for (index i = 0; i < workers.size(); ++i)
    if (workers[i].up && is_ejected(i)
        && (!best || better(records_[i], records_[*best])))
      best = i;
  take_back(*best, workers[*best], now);
}

} // namespace serval
