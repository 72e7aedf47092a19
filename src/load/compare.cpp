#include "load/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

double ms(duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

compared_figure figure(std::string name, double a, double b,
                       bool more_is_better = false) {
  compared_figure found{std::move(name), a, b, {}, more_is_better};
  if (a != 0)
    found.ratio = b / a;
  return found;
}

std::string parameter(const run_result& run, const std::string& name) {
  const auto& all = run.facts.parameters;
  auto found = std::ranges::find(
    all, name, [](const auto& entry) { return entry.first; });
  return found == all.end() ? "" : found->second;
}

} // namespace

std::vector<compared_figure> compare_runs(const run_result& a,
                                          const run_result& b) {
  const auto& x = a.latency;
  const auto& y = b.latency;
  return {
    figure("throughput (1/s)", a.throughput, b.throughput, true),
    figure("errors (%)", a.error_share() * 100, b.error_share() * 100),
    figure("mean (ms)", ms(x.mean), ms(y.mean)),
    figure("p50 (ms)", ms(x.p50), ms(y.p50)),
    figure("p90 (ms)", ms(x.p90), ms(y.p90)),
    figure("p99 (ms)", ms(x.p99), ms(y.p99)),
    figure("p99.9 (ms)", ms(x.p999), ms(y.p999)),
    figure("max (ms)", ms(x.max), ms(y.max)),
  };
}

std::vector<std::string> differences(const run_result& a,
                                     const run_result& b) {
  std::vector<std::string> found;
  if (a.is_void())
    found.push_back("A is void: " + a.void_because.front());
  if (b.is_void())
    found.push_back("B is void: " + b.void_because.front());
  for (const auto& [name, value] : a.facts.parameters) {
    auto other = parameter(b, name);
    if (value != other)
      found.push_back(fmt::format("{}: A \"{}\", B \"{}\"", name, value,
                                  other));
  }
  for (const auto& [name, value] : b.facts.parameters)
    if (parameter(a, name).empty() && !value.empty())
      found.push_back(fmt::format("{}: A \"\", B \"{}\"", name, value));
  return found;
}

} // namespace serval
