#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace bank_monitor {

namespace {

constexpr double ewma_alpha = 0.3;
constexpr double z_limit = 10;
constexpr double z_anomaly = 3.5;

/// Makes the median absolute deviation comparable to a standard deviation.
constexpr double mad_scale = 1.4826;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0)
         / static_cast<double>(values.size());
}

double stddev_of(std::span<const double> values, double mean) {
  auto sum = 0.0;
  for (auto value : values)
    sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// The smallest value that at least 95 % of the values do not exceed.
double p95_of(std::vector<double> values) {
  // In whole numbers: 0.95 n, rounded up, is not exact in floating point.
  auto rank = (95 * values.size() + 99) / 100;
  auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::ranges::nth_element(values, nth);
  return *nth;
}

double ewma_of(std::span<const double> values) {
  auto mean = values.front();
  for (auto value : values.subspan(1))
    mean = ewma_alpha * value + (1 - ewma_alpha) * mean;
  return mean;
}

double median_of(std::vector<double> values) {
  auto upper = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, upper);
  if (values.size() % 2 == 1)
    return *upper;
  return (*std::max_element(values.begin(), upper) + *upper) / 2;
}

/// How far the last value is from what the values before it suggest.
double z_of(std::span<const double> values) {
  auto last = values.back();
  auto before = values.first(values.size() - 1);
  auto median = median_of({before.begin(), before.end()});
  std::vector<double> deviations;
  for (auto value : before)
    deviations.push_back(std::abs(value - median));
  auto mad = median_of(std::move(deviations));
  if (mad == 0)
    return last == median ? 0 : std::copysign(z_limit, last - median);
  return std::clamp((last - median) / (mad_scale * mad), -z_limit, z_limit);
}

} // namespace

indicator_report report_on(std::span<const double> values) {
  indicator_report report;
  report.count = values.size();
  if (values.size() < values_min)
    return report;
  report.last = values.back();
  report.mean = mean_of(values);
  report.stddev = stddev_of(values, report.mean);
  report.p95 = p95_of({values.begin(), values.end()});
  report.ewma = ewma_of(values);
  report.z = z_of(values);
  report.state = std::abs(report.z) > z_anomaly ? indicator_state::anomaly
                                                : indicator_state::normal;
  return report;
}

bank_report report_on(std::map<std::string, indicator_report> indicators) {
  bank_report report;
  std::size_t with_data = 0;
  auto z_sum = 0.0;
  for (const auto& [name, indicator] : indicators) {
    if (indicator.state == indicator_state::no_data)
      continue;
    ++with_data;
    z_sum += std::abs(indicator.z);
    report.anomalies += indicator.state == indicator_state::anomaly;
  }
  report.indicators = std::move(indicators);
  if (with_data == 0)
    return report;
  report.score = z_sum / static_cast<double>(with_data) / z_limit;
  if (2 * report.anomalies >= with_data)
    report.state = bank_state::critical;
  else if (report.anomalies > 0)
    report.state = bank_state::degraded;
  else
    report.state = bank_state::healthy;
  return report;
}

std::map<std::string, double>
weights_of(const std::map<std::string, bank_report>& banks) {
  std::map<std::string, double> weights;
  auto sum = 0.0;
  for (const auto& [name, bank] : banks) {
    auto has_data = bank.state != bank_state::no_data;
    auto weight = has_data ? 1 - bank.score : 0;
    weights[name] = weight;
    sum += weight;
  }
  if (sum > 0)
    for (auto& [name, weight] : weights)
      weight /= sum;
  return weights;
}

} // namespace bank_monitor
