#include "load/rate_profile.hpp"

#include "load/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace serval {

namespace {

struct trace_row {
  double t;
  double rate;
};

error bad_trace(std::string_view name, std::size_t line, std::string_view why) {
  return {errc::bad_request,
          fmt::format("cannot replay {}:{}: {}", name, line, why)};
}

result<trace_row> read_row(std::string_view name, std::size_t number,
                           std::string_view line) {
  auto comma = line.find(',');
  if (comma == std::string_view::npos)
    return bad_trace(name, number, "each line is t_seconds,rps");
  auto t = parse_number(line.substr(0, comma));
  auto rate = parse_number(line.substr(comma + 1));
  if (!t || !rate)
    return bad_trace(name, number,
                     fmt::format("\"{}\" is not two finite numbers", line));
  if (*rate < 0)
    return bad_trace(name, number, "the rate is negative");
  return trace_row{*t, *rate};
}

/// All rows, with the same step between any two.
result<std::vector<trace_row>> read_rows(std::string_view name,
                                         std::string_view csv) {
  std::vector<trace_row> rows;
  for (std::size_t number = 1; !csv.empty(); ++number) {
    auto line = csv.substr(0, csv.find('\n'));
    csv.remove_prefix(std::min(csv.size(), line.size() + 1));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty() || (number == 1 && line == "t_seconds,rps"))
      continue;
    auto row = read_row(name, number, line);
    if (!row)
      return row.error();
    if (!rows.empty() && row->t <= rows.back().t)
      return bad_trace(name, number, "times must grow from line to line");
    if (rows.size() > 1) {
      auto step = rows[1].t - rows[0].t;
      if (std::abs(row->t - rows.back().t - step) > step * 1e-3)
        return bad_trace(
          name, number,
          fmt::format("a gap: {} s after the line before, where the step is "
                      "{} s; fill it with what is known, or 0",
                      row->t - rows.back().t, step));
    }
    rows.push_back(*row);
  }
  if (rows.size() < 2)
    return bad_trace(name, 1, "a trace has at least two lines");
  return rows;
}

/// The corners of the interpolated rate: the beginning, the middle of each
/// interval, and the end.
std::vector<trace_row> corners_of(const std::vector<trace_row>& rows) {
  auto step = rows[1].t - rows[0].t;
  std::vector<trace_row> corners{{0, rows.front().rate}};
  for (const auto& row : rows)
    corners.push_back({row.t - rows.front().t + step / 2, row.rate});
  corners.push_back({rows.back().t - rows.front().t + step, rows.back().rate});
  return corners;
}

double between(const trace_row& a, const trace_row& b, double t) {
  auto rate = a.rate + (b.rate - a.rate) * (t - a.t) / (b.t - a.t);
  return std::max(rate, 0.0);
}

} // namespace

result<rate_profile> parse_trace(std::string_view name, std::string_view csv,
                                 const trace_settings& settings) {
  auto rows = read_rows(name, csv);
  if (!rows)
    return rows.error();
  auto corners = corners_of(*rows);
  auto highest = std::ranges::max(corners, {}, &trace_row::rate).rate;
  auto begin = std::chrono::duration<double>(settings.from).count();
  auto end = corners.back().t;
  if (begin >= end)
    return bad_trace(name, rows->size(),
                     fmt::format("it is {} s long, nothing is left from {} s",
                                 end, begin));
  if (settings.length > duration::zero())
    end = std::min(end, begin
                          + std::chrono::duration<double>(settings.length)
                                .count()
                              * settings.speed);
  rate_profile profile;
  for (std::size_t i = 1; i < corners.size(); ++i) {
    const auto& a = corners[i - 1];
    const auto& b = corners[i];
    auto from = std::max(a.t, begin);
    auto to = std::min(b.t, end);
    auto length = duration{
      static_cast<duration::rep>((to - from) / settings.speed * 1e9)};
    if (from < to && length > duration::zero())
      profile.add(length, between(a, b, from) * settings.scale,
                  between(a, b, to) * settings.scale);
  }
  if (profile.total() <= 0)
    return bad_trace(name, 1, "it sends nothing");
  if (highest * settings.scale > rate_max)
    return bad_trace(name, 1, fmt::format("{} requests per second are the "
                                          "limit", rate_max));
  return profile;
}

} // namespace serval
