#include "load/rate_profile.hpp"

#include "load/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace serval {

namespace {

double seconds_of(duration span) {
  return std::chrono::duration<double>(span).count();
}

duration span_of(double seconds) {
  return duration{static_cast<duration::rep>(std::llround(seconds * 1e9))};
}

error bad_rate(std::string_view text, std::string_view why) {
  return {errc::bad_request,
          fmt::format("cannot use the rate \"{}\": {}; write 500, 100..1000 "
                      "or 100,200,400 requests per second", text, why)};
}

result<double> read_rate(std::string_view text, std::string_view whole) {
  auto rate = parse_number(text);
  if (!rate)
    return bad_rate(whole, fmt::format("\"{}\" is no number", text));
  if (*rate < 0)
    return bad_rate(whole, "rates are positive");
  if (*rate > rate_max)
    return bad_rate(whole, fmt::format("{} is the limit", rate_max));
  return *rate;
}

} // namespace

double rate_profile::line::wants(double seconds) const noexcept {
  auto now = from + (to - from) * seconds / length_s;
  return (from + now) / 2 * seconds;
}

void rate_profile::add(duration length, double from, double to) {
  SERVAL_ASSERT(length > duration::zero() && from >= 0 && to >= 0);
  lines_.push_back({seconds_of(length_), seconds_of(length), from, to, total_});
  length_ += length;
  total_ += lines_.back().wants(seconds_of(length));
}

void rate_profile::hold_first(duration length) {
  if (length <= duration::zero() || lines_.empty())
    return;
  auto lines = std::exchange(lines_, {});
  length_ = {};
  total_ = 0;
  add(length, lines.front().from, lines.front().from);
  for (const auto& line : lines)
    add(span_of(line.length_s), line.from, line.to);
}

duration rate_profile::time_of(double count, std::size_t& hint) const noexcept {
  while (hint + 1 < lines_.size() && lines_[hint + 1].before <= count)
    ++hint;
  if (hint >= lines_.size() || count >= total_)
    return length_;
  const auto& line = lines_[hint];
  auto rest = count - line.before;
  // The positive root of slope/2 t² + from t = rest, in the form that does not
  // cancel when the slope is small.
  auto slope = (line.to - line.from) / line.length_s;
  auto root = std::sqrt(
    std::max(0.0, line.from * line.from + 2 * slope * rest));
  auto below = line.from + root;
  auto seconds = below > 0 ? 2 * rest / below : 0;
  return span_of(line.begin_s + std::clamp(seconds, 0.0, line.length_s));
}

result<rate_profile> parse_rates(std::string_view text, duration length) {
  rate_profile profile;
  if (auto dots = text.find(".."); dots != std::string_view::npos) {
    auto from = read_rate(text.substr(0, dots), text);
    auto to = read_rate(text.substr(dots + 2), text);
    if (!from || !to)
      return (from ? to : from).error();
    profile.add(length, *from, *to);
  } else {
    auto steps = std::count(text.begin(), text.end(), ',') + 1;
    if (length < duration{steps})
      return bad_rate(text, "there are more steps than nanoseconds");
    for (std::string_view rest = text; steps > 0; --steps) {
      auto rate = read_rate(rest.substr(0, rest.find(',')), text);
      if (!rate)
        return rate.error();
      profile.add((length - profile.length()) / steps, *rate, *rate);
      rest.remove_prefix(std::min(rest.size(), rest.find(',') + 1));
    }
  }
  if (profile.total() <= 0)
    return bad_rate(text, "it sends nothing");
  return profile;
}

} // namespace serval
