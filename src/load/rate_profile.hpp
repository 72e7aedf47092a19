#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <string_view>
#include <vector>

namespace serval {

/// The highest rate that can be asked for, per second.
inline constexpr double rate_max = 1e7;

/// How many requests per second are wanted at each moment of a run: straight
/// lines, one after the other.
class rate_profile {
public:
  /// REQUIRES: length > 0, rates finite and >= 0.
  void add(duration length, double from, double to);

  /// Goes before all else, at the rate with which the profile begins.
  void hold_first(duration length);

  /// How long it is.
  duration length() const noexcept {
    return length_;
  }

  /// How many requests it wants in all.
  double total() const noexcept {
    return total_;
  }

  /// When the `count`th request is due, given that counts only grow from one
  /// call to the next: `hint` is 0 at first and kept by the caller. At the
  /// profile's end if there are not as many.
  duration time_of(double count, std::size_t& hint) const noexcept;

private:
  struct line {
    double begin_s;
    double length_s;
    double from;
    double to;
    /// What the lines before it want.
    double before;

    double wants(double seconds) const noexcept;
  };

  std::vector<line> lines_;
  duration length_{};
  double total_ = 0;
};

/// Reads "500" (constant), "100..1000" (a ramp over the whole run) and
/// "100,200,400" (steps of equal length).
result<rate_profile> parse_rates(std::string_view text, duration length);

/// What a trace is changed by.
struct trace_settings {
  /// Trace seconds that pass in a second.
  double speed = 1;
  /// What rates are multiplied with.
  double scale = 1;
  /// Where in the trace to begin.
  duration from{};
  /// Where in the run to end; 0 at the trace's end.
  duration length{};
};

/// Reads a CSV of `t_seconds,rps`: the beginning of each interval and the mean
/// rate in it. Rates between the middles of intervals are interpolated. `name`
/// is for messages.
result<rate_profile> parse_trace(std::string_view name, std::string_view csv,
                                 const trace_settings& settings);

} // namespace serval
