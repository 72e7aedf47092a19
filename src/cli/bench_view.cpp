#include "cli/bench_view.hpp"

#include "cli/text_table.hpp"

#include <fmt/format.h>

namespace serval {

namespace {

double seconds(duration span) {
  return std::chrono::duration<double>(span).count();
}

/// Three to four digits, in the unit that suits them.
std::string show_span(duration span) {
  auto ns = static_cast<double>(span.count());
  if (ns < 1e3)
    return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6)
    return fmt::format("{:.3g} us", ns / 1e3);
  if (ns < 1e9)
    return fmt::format("{:.4g} ms", ns / 1e6);
  return fmt::format("{:.4g} s", ns / 1e9);
}

std::string show_rate(double rate) {
  return rate < 100 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

std::vector<std::string> latency_row(std::string name,
                                     const latency_summary& row) {
  return {std::move(name),       show_span(row.mean), show_span(row.p50),
          show_span(row.p90),    show_span(row.p99),  show_span(row.p999),
          show_span(row.max)};
}

std::string show_counts(const run_result& run) {
  std::vector<std::string> names{"REQUESTS", "ANSWERED/S", "ERRORS", "BYTES/S"};
  std::vector<std::string> values{
    std::to_string(run.requests), show_rate(run.throughput),
    fmt::format("{} ({:.3g} %)", run.failed, run.error_share() * 100),
    seconds(run.facts.measured) > 0
      ? show_rate(static_cast<double>(run.bytes) / seconds(run.facts.measured))
      : "0"};
  // A closed loop intends no rate; it takes what it gets.
  if (run.facts.open_loop) {
    names.insert(names.begin() + 1, "INTENDED/S");
    values.insert(values.begin() + 1, show_rate(run.intended_rate));
  }
  return format_table({std::move(names), std::move(values)});
}

std::string show_latency(const run_result& run) {
  if (run.ok == 0)
    return "No request succeeded, so that there is no latency.\n";
  std::vector<std::vector<std::string>> rows{
    {"LATENCY", "MEAN", "P50", "P90", "P99", "P99.9", "MAX"}};
  if (run.facts.open_loop) {
    rows.push_back(latency_row("from the intended time", run.latency));
    rows.push_back(latency_row("from the sending", run.service));
    rows.push_back(latency_row("the generator's own lag", run.lag));
  } else {
    rows.push_back(latency_row("from the sending", run.latency));
  }
  return format_table(rows);
}

std::string show_ends(const run_result& run) {
  std::vector<std::vector<std::string>> rows{{"ENDED WITH", "REQUESTS"}};
  for (const auto& [name, count] : run.ends)
    rows.push_back({name, std::to_string(count)});
  return format_table(rows);
}

} // namespace

std::string show_progress(const load_progress& progress) {
  return fmt::format("{:.0f} s of {:.0f} s{}  {}/s  p50 {}  p99 {}  errors {}",
                     seconds(progress.elapsed), seconds(progress.total),
                     progress.warming_up ? " (warm-up)" : "",
                     show_rate(progress.throughput), show_span(progress.p50),
                     show_span(progress.p99), progress.failed);
}

std::string show_run(const run_result& run,
                     const std::vector<slo_verdict>& verdicts) {
  std::string text;
  for (const auto& [name, value] : run.facts.parameters)
    if (name == "target" || name == "load")
      text += printable(value) + "\n";
  text += fmt::format("{:.6g} s, after {:.6g} s of warm-up\n\n",
                      seconds(run.facts.measured), seconds(run.facts.warm_up));
  text += show_counts(run) + "\n" + show_latency(run) + "\n" + show_ends(run);
  for (const auto& note : run.notes)
    text += "\nnote: " + note + "\n";
  if (!verdicts.empty())
    text += "\n";
  for (const auto& verdict : verdicts)
    text += fmt::format("{} {}: {}\n", verdict.condition,
                        verdict.holds ? "holds" : "DOES NOT HOLD",
                        verdict.actual);
  for (const auto& why : run.void_because)
    text += "\nVOID: " + why + "\n";
  return text;
}

std::string show_comparison(const std::vector<compared_figure>& figures,
                            const std::vector<std::string>& differences) {
  std::vector<std::vector<std::string>> rows{{"", "A", "B", "B/A", ""}};
  for (const auto& figure : figures) {
    std::string judged;
    if (figure.ratio && *figure.ratio != 1)
      judged = (*figure.ratio > 1) == figure.more_is_better ? "better"
                                                            : "worse";
    rows.push_back({figure.name, fmt::format("{:.5g}", figure.a),
                    fmt::format("{:.5g}", figure.b),
                    figure.ratio ? fmt::format("{:.3f}", *figure.ratio) : "-",
                    judged});
  }
  auto text = format_table(rows);
  if (!differences.empty())
    text += "\nThe runs differ:\n";
  for (const auto& difference : differences)
    text += "  " + printable(difference) + "\n";
  return text;
}

} // namespace serval
