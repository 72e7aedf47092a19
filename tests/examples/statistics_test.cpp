// What values, indicators and banks add up to.

#include "statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <vector>

using bank_monitor::bank_report;
using bank_monitor::bank_state;
using bank_monitor::indicator_report;
using bank_monitor::indicator_state;
using bank_monitor::report_on;

namespace {

/// 1, 2, … n.
std::vector<double> ramp(int n) {
  std::vector<double> values(n);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

double z_after(std::vector<double> before, double last) {
  before.push_back(last);
  return report_on(before).z;
}

/// An indicator with data and this z-score.
indicator_report scored(double z) {
  indicator_report report;
  report.count = 12;
  report.z = z;
  report.state = std::abs(z) > 3.5 ? indicator_state::anomaly
                                   : indicator_state::normal;
  return report;
}

} // namespace

TEST_CASE("fewer than twelve values are no data") {
  CHECK(report_on(ramp(0)).state == indicator_state::no_data);
  CHECK(report_on(ramp(11)).state == indicator_state::no_data);
  CHECK(report_on(ramp(11)).count == 11);
  CHECK(report_on(ramp(12)).state == indicator_state::normal);
}

TEST_CASE("a ramp has the figures that can be worked out by hand") {
  auto report = report_on(ramp(20));
  CHECK(report.count == 20);
  CHECK(report.last == 20);
  CHECK(report.mean == doctest::Approx(10.5));
  CHECK(report.stddev == doctest::Approx(std::sqrt((20.0 * 20 - 1) / 12)));
  CHECK(report.p95 == 19);
  // median 10, deviations 0, 1, 1, … 9, 9: their median is 5.
  CHECK(report.z == doctest::Approx(10 / (1.4826 * 5)));
}

TEST_CASE("p95 is the nearest rank, rounded up") {
  CHECK(report_on(ramp(12)).p95 == 12);
  CHECK(report_on(ramp(21)).p95 == 20);
  CHECK(report_on(ramp(40)).p95 == 38);
  CHECK(report_on(ramp(100)).p95 == 95);
}

TEST_CASE("the moving mean starts at the first value") {
  std::vector<double> values(12, 0);
  values[0] = 1;
  CHECK(report_on(values).ewma == doctest::Approx(std::pow(0.7, 11)));
  values.assign(12, 5);
  CHECK(report_on(values).ewma == doctest::Approx(5));
}

TEST_CASE("without deviation z is 0 or at its limit") {
  std::vector<double> flat(11, 7);
  CHECK(z_after(flat, 7) == 0);
  CHECK(z_after(flat, 7.1) == 10);
  CHECK(z_after(flat, 6.9) == -10);
}

TEST_CASE("the last value is judged by those before it, within limits") {
  CHECK(z_after(ramp(11), 1e9) == 10);
  CHECK(z_after(ramp(11), -1e9) == -10);
  // 1…12: the median is 6.5, the deviations' 3.
  CHECK(z_after(ramp(12), 6.5) == 0);
  CHECK(z_after(ramp(12), 9.5) == doctest::Approx(1 / 1.4826));
}

TEST_CASE("an anomaly is beyond 3.5") {
  auto state_at = [](double z) {
    auto values = ramp(12);
    values.push_back(6.5 + z * 1.4826 * 3);
    return report_on(values).state;
  };
  CHECK(state_at(3.49) == indicator_state::normal);
  CHECK(state_at(3.51) == indicator_state::anomaly);
  CHECK(state_at(-3.51) == indicator_state::anomaly);
}

TEST_CASE("a bank's state follows the share of anomalies") {
  auto state_of = [](std::vector<double> scores) {
    std::map<std::string, indicator_report> indicators;
    for (auto z : scores)
      indicators["i" + std::to_string(indicators.size())] = scored(z);
    indicators["empty"] = {};
    return report_on(indicators).state;
  };
  CHECK(state_of({}) == bank_state::no_data);
  CHECK(state_of({0, 1, 3.5}) == bank_state::healthy);
  CHECK(state_of({0, 0, 9}) == bank_state::degraded);
  CHECK(state_of({0, -9}) == bank_state::critical);
}

TEST_CASE("a bank's score is the mean |z| of those with data, over ten") {
  std::map<std::string, indicator_report> indicators;
  indicators["a"] = scored(-4);
  indicators["b"] = scored(2);
  indicators["empty"] = {};
  auto report = report_on(indicators);
  CHECK(report.score == doctest::Approx(0.3));
  CHECK(report.anomalies == 1);
  CHECK(report.indicators.size() == 3);
  CHECK(report_on(std::map<std::string, indicator_report>{}).score == 0);
}

TEST_CASE("weights add up to one over the banks with data") {
  auto bank = [](bank_state state, double score) {
    bank_report report;
    report.state = state;
    report.score = score;
    return report;
  };
  auto weights = bank_monitor::weights_of(
    {{"calm", bank(bank_state::healthy, 0.25)},
     {"busy", bank(bank_state::critical, 0.75)},
     {"empty", bank(bank_state::no_data, 0)}});
  CHECK(weights["calm"] == doctest::Approx(0.75));
  CHECK(weights["busy"] == doctest::Approx(0.25));
  CHECK(weights["empty"] == 0);
  auto none = bank_monitor::weights_of(
    {{"worst", bank(bank_state::critical, 1)}});
  CHECK(none["worst"] == 0);
}
