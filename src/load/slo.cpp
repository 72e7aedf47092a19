#include "load/slo.hpp"

#include "load/number.hpp"
#include "spec/units.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

using figure = slo_condition::figure;
using relation = slo_condition::relation;

error bad_slo(std::string_view text, std::string_view why) {
  return {errc::bad_request,
          fmt::format("cannot use \"{}\" as a service level: {}; write "
                      "p99<200ms,errors<0.1%", text, why)};
}

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

result<void> read_figure(slo_condition& condition, std::string_view name) {
  if (name == "errors") {
    condition.what = figure::errors;
  } else if (name == "throughput") {
    condition.what = figure::throughput;
  } else if (name == "mean") {
    condition.what = figure::latency_mean;
  } else if (name == "max") {
    condition.what = figure::latency_max;
  } else {
    auto percent = name.starts_with('p') ? parse_number(name.substr(1))
                                         : std::nullopt;
    if (!percent || *percent <= 0 || *percent > 100)
      return bad_slo(condition.text,
                     fmt::format("\"{}\" is none of p50, p99.9, mean, max, "
                                 "errors, throughput", name));
    condition.quantile = *percent / 100;
  }
  return {};
}

result<double> read_share(const slo_condition& condition,
                          std::string_view text) {
  auto is_percent = text.ends_with('%');
  if (is_percent)
    text.remove_suffix(1);
  auto share = parse_number(text);
  if (share && is_percent)
    *share /= 100;
  if (!share || *share < 0 || *share > 1)
    return bad_slo(condition.text, "errors are a share, such as 0.1%");
  return *share;
}

result<double> read_limit(const slo_condition& condition,
                          std::string_view text) {
  if (condition.what == figure::errors)
    return read_share(condition, text);
  if (condition.what == figure::throughput) {
    auto rate = parse_number(text);
    if (!rate || *rate < 0)
      return bad_slo(condition.text, "throughput is requests per second");
    return *rate;
  }
  auto span = parse_duration(text);
  if (!span)
    return bad_slo(condition.text, span.error().message);
  return static_cast<double>(span->count());
}

result<slo_condition> read_condition(std::string_view text) {
  slo_condition condition;
  condition.text = trim(text);
  std::string_view whole = condition.text;
  auto at = whole.find_first_of("<>");
  if (at == std::string_view::npos)
    return bad_slo(whole, "it has no <, <=, > or >=");
  auto is_less = whole[at] == '<';
  auto has_equal = at + 1 < whole.size() && whole[at + 1] == '=';
  condition.how = is_less ? (has_equal ? relation::less_equal : relation::less)
                          : (has_equal ? relation::more_equal : relation::more);
  if (auto read = read_figure(condition, trim(whole.substr(0, at))); !read)
    return read.error();
  auto limit
    = read_limit(condition, trim(whole.substr(at + (has_equal ? 2 : 1))));
  if (!limit)
    return limit.error();
  condition.limit = *limit;
  return condition;
}

double figure_of(const slo_condition& condition, const run_result& run) {
  switch (condition.what) {
    case figure::errors:
      return run.error_share();
    case figure::throughput:
      return run.throughput;
    case figure::latency_mean:
      return static_cast<double>(run.latency.mean.count());
    case figure::latency_max:
      return static_cast<double>(run.latency.max.count());
    default:
      break;
  }
  latency_histogram latency;
  latency.add(run.latency_buckets);
  // The last request's bucket is known less exactly than the request itself.
  auto at = condition.quantile >= 1 ? run.latency.max
                                    : latency.at(condition.quantile);
  return static_cast<double>(std::min(at, run.latency.max).count());
}

std::string show(const slo_condition& condition, double value) {
  if (condition.what == figure::errors)
    return fmt::format("{:.4g}%", value * 100);
  if (condition.what == figure::throughput)
    return fmt::format("{:.6g}", value);
  return fmt::format("{:.4g}ms", value / 1e6);
}

bool holds(relation how, double value, double limit) {
  switch (how) {
    case relation::less:
      return value < limit;
    case relation::less_equal:
      return value <= limit;
    case relation::more:
      return value > limit;
    default:
      return value >= limit;
  }
}

} // namespace

result<std::vector<slo_condition>> parse_slo(std::string_view text) {
  std::vector<slo_condition> conditions;
  while (true) {
    auto comma = text.find(',');
    auto condition = read_condition(text.substr(0, comma));
    if (!condition)
      return condition.error();
    conditions.push_back(std::move(*condition));
    if (comma == std::string_view::npos)
      return conditions;
    text.remove_prefix(comma + 1);
  }
}

std::vector<slo_verdict> check_slo(const std::vector<slo_condition>& conditions,
                                   const run_result& run) {
  auto says_something = !run.is_void() && run.ok > 0;
  auto is_latency = [](figure what) {
    return what != figure::errors && what != figure::throughput;
  };
  std::vector<slo_verdict> verdicts;
  for (const auto& condition : conditions) {
    auto value = figure_of(condition, run);
    auto actual = run.ok == 0 && is_latency(condition.what)
                    ? "no request succeeded"
                    : show(condition, value);
    if (run.is_void())
      actual += ", but the run is void";
    verdicts.push_back(
      {condition.text, std::move(actual),
       says_something && holds(condition.how, value, condition.limit)});
  }
  return verdicts;
}

} // namespace serval
