#pragma once

#include "load/latency_histogram.hpp"
#include "load/request_end.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace serval {

/// One second of a run, by when requests ended.
struct recorded_second {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  /// Of those that are ok.
  std::vector<latency_histogram::bucket> latency;
};

/// What one thread of a run saw. Those of all threads are merged at its end.
class load_recorder {
public:
  /// Requests that were intended before `warm_up` or after `end` do not count,
  /// except in the timeline.
  load_recorder(duration warm_up, duration end);

  /// The generator itself came to a request `lag` after it was due.
  void on_lag(duration intended, duration lag) noexcept;

  /// A request waited because all connections were busy.
  void on_wait(duration intended) noexcept;

  void on_end(const request_record& request);

  void merge(const load_recorder& other);

  bool counts(duration intended) const noexcept {
    return intended >= warm_up_ && intended < end_;
  }

  /// From the intended time to the answer, of requests that went well.
  const latency_histogram& latency() const noexcept {
    return latency_;
  }

  /// The same from the time they were sent.
  const latency_histogram& service() const noexcept {
    return service_;
  }

  const latency_histogram& lag() const noexcept {
    return lag_;
  }

  std::uint64_t waited() const noexcept {
    return waited_;
  }

  std::uint64_t count_of(request_end end) const noexcept {
    return ends_[static_cast<std::size_t>(end)];
  }

  /// Bytes of answers' bodies.
  std::uint64_t bytes() const noexcept {
    return bytes_;
  }

  /// How many requests went well between the end of the warm-up and the end,
  /// whenever they were intended.
  std::uint64_t ok_in_window() const noexcept {
    return ok_in_window_;
  }

  /// One entry per second since the beginning; the second under way is not in
  /// it before `close`.
  const std::vector<recorded_second>& timeline() const noexcept {
    return timeline_;
  }

  /// Ends the second under way. Nothing is recorded after it.
  void close();

private:
  void roll_to(std::size_t second);

  duration warm_up_;
  duration end_;
  latency_histogram latency_;
  latency_histogram service_;
  latency_histogram lag_;
  latency_histogram this_second_;
  std::uint64_t waited_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t ok_in_window_ = 0;
  std::array<std::uint64_t, request_end_count> ends_{};
  std::vector<recorded_second> timeline_;
  recorded_second open_;
  std::size_t second_ = 0;
};

} // namespace serval
