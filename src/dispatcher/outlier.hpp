#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "model/call.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace serval {

/// Why a worker gets no new calls for a while although it is there.
enum class ejection : std::uint8_t {
  silent,  ///< Its process does not answer pings.
  stalled, ///< It has calls and gives nothing back, while others do.
  failing, ///< Its calls fail, while those of others do not.
  slow,    ///< Its calls take several times as long as those of others.
};

inline constexpr std::size_t ejection_count = 4;

std::string_view to_string(ejection cause) noexcept;

/// The numbers of outlier ejection. None condemns a worker by itself: a call
/// may take as long as its user likes, as long as all workers' calls do.
struct outlier_limits {
  /// How often workers are compared. A third of what an ejection may take.
  static constexpr duration review_period = std::chrono::milliseconds{100};

  /// Samples of a worker before it is judged: one odd call says nothing.
  static constexpr std::uint32_t samples_min = 8;
  /// One that has just come back is known for something, and what it shows now
  /// is at the cost of requests.
  static constexpr std::uint32_t samples_min_returning = 3;
  /// The weight of a new sample once there are enough; about the last twenty
  /// count.
  static constexpr double gain = 0.1;
  /// Between samples of one worker: as many as are of use, at no cost.
  static constexpr duration sample_gap = std::chrono::milliseconds{1};

  /// A slow worker takes four times as long as the median worker, on the
  /// geometric mean, which a few long calls among many short do not move. What
  /// is 10 times slower is past that after nine calls.
  static constexpr double slow_log2 = 2;
  /// Neither is what a process does that runs only now and then, as under a
  /// quota: many of its calls are as fast as those of others. So who has this
  /// share of calls that are so slow is slow as well,
  static constexpr double slow_share = 0.4;
  /// if the median worker has hardly any: else it is the requests.
  static constexpr double slow_share_others = 0.05;
  /// Below this, a busy machine alone makes such differences.
  static constexpr duration slow_min = std::chrono::milliseconds{1};

  /// Five failures in a row, after none before.
  static constexpr double failing_share = 0.6;
  /// The median worker must be well: else it is the requests.
  static constexpr double failing_share_others = 0.1;

  /// A stalled worker gave nothing for eight usual calls, and for a time in
  /// which even a machine that is short of CPU runs everybody.
  static constexpr double stalled_calls = 8;
  static constexpr duration stalled_min = std::chrono::milliseconds{500};

  /// The first ejection; each following one takes twice as long, up to the
  /// longest. A worker that kept its place for twice that begins anew.
  static constexpr duration eject_first = std::chrono::seconds{1};
  static constexpr duration eject_max = std::chrono::seconds{30};
};

/// What a review looks at besides the detector's own records.
struct outlier_view {
  /// May get calls at all: it is neither draining nor an unused place.
  bool up = false;
  std::uint32_t in_flight = 0;
  /// Of those in flight, the ones that use a slot or wait for one.
  std::uint32_t load = 0;
};

/// Finds the workers of one backend that are silent, stalled, failing or slow
/// in comparison with the others, and decides which of them get no new calls
/// and for how long. At most half are ejected, so never the last one. Whoever
/// comes back starts slowly: one call at first, twice as many after each that
/// went well.
///
/// The hot path only takes samples, one call of each worker at a time: when it
/// was sent, and when its result came.
class outlier_detector {
public:
  using index = std::uint32_t;

  static constexpr std::uint32_t unlimited = ~std::uint32_t{0};

  /// A worker is at this place now; nothing is known of it but how long the way
  /// there and back may take, which is not the worker's fault.
  void reset(index worker, duration way = {});

  /// `call` is sent, to a worker that had no other if it was `idle`.
  void on_sent(index worker, call_id call, bool idle, time_point now) noexcept {
    auto& record = records_[worker];
    if (idle)
      record.quiet_since = now;
    if (!record.sampled && now >= record.sample_from) {
      record.sampled = call;
      record.sampled_at = now;
    }
  }

  /// True if the worker's allowance has changed.
  bool on_result(index worker, const call_result& result,
                 time_point now) noexcept {
    auto& record = records_[worker];
    record.quiet_since = now;
    return record.sampled == result.id && take_sample(record, result.what, now);
  }

  /// The worker's process does not answer, or answers again; counts at the next
  /// review.
  void set_silent(index worker, bool silent) noexcept {
    records_[worker].silent = silent;
  }

  /// Compares the workers and changes who is ejected. `workers[i]` is the
  /// worker of index `i`. Returns whose allowance has changed.
  const std::vector<index>& review(std::span<const outlier_view> workers,
                                   time_point now, random_source& random);

  /// Calls that the worker may have at once: any number, none, or few when it
  /// has just come back.
  std::uint32_t allowance(index worker) const noexcept {
    return records_[worker].allowance;
  }

  bool is_ejected(index worker) const noexcept {
    return records_[worker].standing == standing::out;
  }

  /// Why the worker was ejected the last time. REQUIRES: is_ejected(worker)
  ejection cause(index worker) const noexcept {
    return records_[worker].cause;
  }

  std::uint32_t ejected_count() const noexcept {
    return ejected_;
  }

  /// How often workers were ejected, by cause.
  const std::array<std::uint64_t, ejection_count>& ejections() const noexcept {
    return ejections_;
  }

  /// How long a call usually takes at the median worker; zero if unknown.
  duration usual_latency() const noexcept {
    return usual_latency_;
  }

private:
  enum class standing : std::uint8_t {
    in,
    out,       ///< Ejected.
    returning, ///< In again, but with few calls at first.
  };

  struct record {
    /// The call that is being timed; none at the moment if it has no id.
    call_id sampled;
    time_point sampled_at;
    time_point sample_from;
    /// Since when it has had something to do, or gave its last result.
    time_point quiet_since;
    duration way{};
    /// The smoothed binary logarithm of the latency in microseconds.
    double log_latency = 0;
    double slow_share = 0;
    double failure_share = 0;
    std::uint32_t samples = 0;
    std::uint32_t allowance = unlimited;
    outlier_detector::standing standing = standing::in;
    bool silent = false;
    ejection cause = ejection::slow;
    /// Ejections in close succession.
    std::uint32_t times = 0;
    /// When it may come back, or came back the last time.
    time_point until;
    /// While it returns: calls that it may have beside those that it had.
    std::uint32_t window = 0;
    std::uint32_t carried = 0;
  };

  struct suspect {
    index worker;
    ejection cause;
    /// Among equal causes, the higher goes first.
    double badness;
  };

  bool take_sample(record& from, const outcome& what, time_point now) noexcept;
  bool is_slow(double log_latency, const record& from) const noexcept;
  void find_usual(std::span<const outlier_view> workers);
  std::optional<suspect> judge(index worker,
                               std::span<const outlier_view> workers,
                               time_point now) const;
  bool is_stalled(index worker, std::span<const outlier_view> workers,
                  time_point now) const;
  static bool has_returned(const record& from) noexcept;
  static bool may_return(const record& ejected, const outlier_view& seen,
                         time_point now);
  void eject(const suspect& who, time_point now, random_source& random);
  void stay_out(index worker, const outlier_view& seen, std::uint32_t& out);
  void take_back(index worker, const outlier_view& seen, time_point now);
  void take_back_best(std::span<const outlier_view> workers, time_point now);

  std::vector<record> records_;
  std::uint32_t ejected_ = 0;
  std::array<std::uint64_t, ejection_count> ejections_{};
  /// Of the median worker; empty if too little is known.
  std::optional<double> usual_log_;
  double usual_slow_share_ = 0;
  double usual_failure_share_ = 0;
  duration usual_latency_{};
  std::vector<index> changed_;
};

} // namespace serval
