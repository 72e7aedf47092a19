#include "load/html_report.hpp"

#include "load/svg_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace serval {

namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 900px; padding: 32px 20px 48px;
  background: #fff; color: #1c2430;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 22px; margin: 0; }
h2 { font-size: 16px; margin: 36px 0 8px; }
.sub { color: #5b6675; margin: 2px 0 20px; overflow-wrap: anywhere; }
.cards { display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); }
.card { background: #f5f7fa; border-radius: 8px; padding: 10px 12px;
  white-space: nowrap; }
.card b { display: block; font-size: 19px; font-weight: 600; }
.card span { color: #5b6675; font-size: 13px; }
.banner { border-radius: 8px; margin: 12px 0; padding: 10px 14px; }
.bad { background: #fdecea; color: #8c1d18; }
.good { background: #e8f5ec; color: #14532d; }
.note { background: #fff6e0; color: #6b4700; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #e3e7ed; padding: 5px 10px 5px 0;
  text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: #5b6675; font-weight: 500; }
td.n, th.n { font-variant-numeric: tabular-nums; text-align: right; }
svg { display: block; height: auto; width: 100%; }
svg text { fill: #5b6675; font-size: 12px; }
svg text.x { text-anchor: middle; }
svg text.y { text-anchor: end; }
svg .grid { stroke: #e3e7ed; }
svg .tick { stroke: #aab3c0; }
svg .shade { fill: #f0f2f5; }
svg .line { fill: none; stroke-linejoin: round; stroke-width: 2; }
svg .a { stroke: #1f6feb; }
svg .b { stroke: #d9730d; }
svg .c { stroke: #b3261e; }
)";

double ms(duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

double seconds(duration span) {
  return std::chrono::duration<double>(span).count();
}

std::string card(std::string_view name, const std::string& value) {
  return fmt::format("<div class=\"card\"><b>{}</b><span>{}</span></div>\n",
                     value, name);
}

std::string banner(std::string_view kind, std::string_view text) {
  return fmt::format("<div class=\"banner {}\">{}</div>\n", kind,
                     escape_html(text));
}

std::string head_part(const run_result& run) {
  std::string target = "a load test";
  for (const auto& [name, value] : run.facts.parameters)
    if (name == "target")
      target = value;
  auto page = fmt::format(
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>serval bench: {0}</title><style>{1}</style></head><body>\n"
    "<h1>{0}</h1><p class=\"sub\">serval bench, {2}, {3:.6g} s after {4:.6g} s "
    "of warm-up</p>\n",
    escape_html(target), style, escape_html(run.facts.started),
    seconds(run.facts.measured), seconds(run.facts.warm_up));
  for (const auto& why : run.void_because)
    page += banner("bad", "Void: " + why);
  for (const auto& note : run.notes)
    page += banner("note", note);
  return page;
}

std::string verdict_part(const std::vector<slo_verdict>& verdicts) {
  std::string page;
  for (const auto& verdict : verdicts)
    page += banner(verdict.holds ? "good" : "bad",
                   fmt::format("{} {}: {}", verdict.condition,
                               verdict.holds ? "holds" : "does not hold",
                               verdict.actual));
  return page;
}

std::string card_part(const run_result& run) {
  return "<div class=\"cards\">\n"
         + card("answers per s", fmt::format("{:.5g}", run.throughput))
         + card("p50", fmt::format("{:.3g} ms", ms(run.latency.p50)))
         + card("p99", fmt::format("{:.3g} ms", ms(run.latency.p99)))
         + card("p99.9", fmt::format("{:.3g} ms", ms(run.latency.p999)))
         + card("max", fmt::format("{:.3g} ms", ms(run.latency.max)))
         + card("errors", fmt::format("{:.3g} %", run.error_share() * 100))
         + "</div>\n";
}

/// Latency over the number of nines, which gives the tail its room.
chart percentile_chart(const run_result& run) {
  chart curve;
  curve.x_label = "share of requests that took at most this long";
  curve.y_label = "latency, ms";
  curve.series.push_back({"latency", "a", {}});
  auto total = static_cast<double>(run.latency.count);
  auto nines_max = std::clamp(std::log10(std::max(total, 10.0)), 1.0, 7.0);
  double seen = 0;
  auto& points = curve.series.front().points;
  points.emplace_back(0, ms(run.latency.min));
  for (const auto& [index, count] : run.latency_buckets) {
    seen += static_cast<double>(count);
    auto rest = 1 - seen / total;
    auto nines = rest > 0 ? -std::log10(rest) : nines_max;
    auto value = std::min(latency_histogram::middle_of(index), run.latency.max);
    points.emplace_back(std::min(nines, nines_max), ms(value));
  }
  points.emplace_back(nines_max, ms(run.latency.max));
  const std::vector<std::pair<double, std::string>> marks{
    {0, "0"},       {-std::log10(0.5), "50 %"}, {1, "90 %"},
    {2, "99 %"},    {3, "99.9 %"},              {4, "99.99 %"},
    {5, "99.999 %"}, {6, "99.9999 %"}};
  for (const auto& mark : marks)
    if (mark.first < nines_max - 0.15)
      curve.x_marks.push_back(mark);
  curve.x_marks.emplace_back(nines_max, "max");
  return curve;
}

chart time_chart(const run_result& run, std::string y_label) {
  auto length
    = std::max(2.0, seconds(run.facts.warm_up + run.facts.measured));
  chart over_time;
  over_time.x_label = "seconds since the start; the warm-up is shaded";
  over_time.y_label = std::move(y_label);
  over_time.shaded_until = seconds(run.facts.warm_up);
  for (auto mark : axis_marks(length))
    if (mark < length * 0.97)
      over_time.x_marks.emplace_back(mark, fmt::format("{:.6g}", mark));
  over_time.x_marks.emplace_back(length, fmt::format("{:.6g}", length));
  return over_time;
}

template <class Value>
chart_series series_of(const run_result& run, std::string name,
                       std::string css_class, Value value) {
  chart_series series{std::move(name), std::move(css_class), {}};
  // The second in which the run ended would look like a collapse.
  auto whole = static_cast<std::size_t>(
    seconds(run.facts.warm_up + run.facts.measured) + 1e-6);
  for (std::size_t i = 0; i < std::min(whole, run.timeline.size()); ++i)
    series.points.emplace_back(static_cast<double>(i) + 0.5,
                               value(run.timeline[i]));
  return series;
}

std::string chart_part(const run_result& run) {
  std::string page;
  if (run.latency.count > 0)
    page += "<h2>Latency by percentile</h2>\n" + draw(percentile_chart(run));
  auto throughput = time_chart(run, "per second");
  throughput.series = {
    series_of(run, "answered", "a",
              [](const auto& p) { return static_cast<double>(p.ok); }),
    series_of(run, "failed", "c",
              [](const auto& p) { return static_cast<double>(p.failed); })};
  auto latency = time_chart(run, "latency, ms");
  latency.series
    = {series_of(run, "p50", "a", [](const auto& p) { return ms(p.p50); }),
       series_of(run, "p99", "b", [](const auto& p) { return ms(p.p99); }),
       series_of(run, "max", "c", [](const auto& p) { return ms(p.max); })};
  return page + "<h2>Throughput over time</h2>\n" + draw(throughput)
         + "<h2>Latency over time</h2>\n" + draw(latency);
}

std::string latency_row(std::string_view name, const latency_summary& row) {
  return fmt::format("<tr><td>{}</td><td class=\"n\">{:.4g}</td><td class=\"n\""
                     ">{:.4g}</td><td class=\"n\">{:.4g}</td><td class=\"n\">"
                     "{:.4g}</td><td class=\"n\">{:.4g}</td><td class=\"n\">"
                     "{:.4g}</td></tr>\n",
                     name, ms(row.mean), ms(row.p50), ms(row.p90), ms(row.p99),
                     ms(row.p999), ms(row.max));
}

std::string table_part(const run_result& run) {
  std::string page = "<h2>Latency, ms</h2>\n<table><tr><th></th>";
  for (auto name : {"mean", "p50", "p90", "p99", "p99.9", "max"})
    page += fmt::format("<th class=\"n\">{}</th>", name);
  page += "</tr>\n";
  if (run.facts.open_loop) {
    page += latency_row("from the intended time", run.latency)
            + latency_row("from the sending", run.service)
            + latency_row("the generator's own lag", run.lag);
  } else {
    page += latency_row("from the sending", run.latency);
  }
  page += "</table>\n<h2>How requests ended</h2>\n<table>\n";
  for (const auto& [name, count] : run.ends)
    page += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", name,
                        count);
  page += "</table>\n<h2>Parameters</h2>\n<table>\n";
  for (const auto& [name, value] : run.facts.parameters)
    page += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escape_html(name),
                        escape_html(value));
  return page + "</table>\n";
}

} // namespace

std::string write_html_report(const run_result& run,
                              const std::vector<slo_verdict>& verdicts) {
  return head_part(run) + verdict_part(verdicts) + card_part(run)
         + chart_part(run) + table_part(run) + "</body></html>\n";
}

} // namespace serval
