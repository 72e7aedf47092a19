#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace bank_monitor {

enum class indicator_state { no_data, normal, anomaly };

enum class bank_state { no_data, healthy, degraded, critical };

/// What the values of one indicator say. With `no_data` only `count` counts.
struct indicator_report {
  std::size_t count = 0;
  indicator_state state = indicator_state::no_data;
  double last = 0;
  double mean = 0;
  double stddev = 0; ///< Of the population.
  double p95 = 0;    ///< Nearest rank.
  double ewma = 0;   ///< Exponentially weighted mean, alpha 0.3.
  double z = 0;      ///< Robust z-score of the last value, within ±10.
};

/// What its indicators say about one bank.
struct bank_report {
  std::map<std::string, indicator_report> indicators;
  std::size_t anomalies = 0;
  double score = 0; ///< Mean |z| / 10, from 0 (calm) to 1.
  bank_state state = bank_state::no_data;
};

/// Fewer values than this are no data.
inline constexpr std::size_t values_min = 12;

/// Sums up the values of an indicator, oldest first.
indicator_report report_on(std::span<const double> values);

/// Sums up a bank's indicators.
bank_report report_on(std::map<std::string, indicator_report> indicators);

/// How much to rely on each bank, by name: in proportion to 1 - score over the
/// banks with data, adding up to 1; 0 for the others, or for all if none has
/// any weight.
std::map<std::string, double>
weights_of(const std::map<std::string, bank_report>& banks);

} // namespace bank_monitor
