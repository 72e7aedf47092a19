#include "series.hpp"

#include "timestamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace bank_monitor {

namespace {

/// Takes the next line off the front of `text`, without LF or CRLF.
std::string_view take_line(std::string_view& text) {
  auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r'))
    line.remove_suffix(1);
  return line;
}

/// Takes a field and the comma after it off the front of `line`. False if a
/// quoted field is not closed or followed by anything but a comma.
bool take_field(std::string_view& line, std::string& field) {
  field.clear();
  if (!line.starts_with('"')) {
    field = line.substr(0, line.find(','));
    line.remove_prefix(field.size());
    return true;
  }
  line.remove_prefix(1);
  for (;;) {
    auto quote = line.find('"');
    if (quote == std::string_view::npos)
      return false;
    field += line.substr(0, quote);
    line.remove_prefix(quote + 1);
    if (!line.starts_with('"'))
      return line.empty() || line.starts_with(',');
    field += '"'; // two quotes stand for one
    line.remove_prefix(1);
  }
}

/// Splits a line into exactly three fields.
bool split(std::string_view line, std::array<std::string, 3>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) {
      if (!line.starts_with(','))
        return false;
      line.remove_prefix(1);
    }
    if (!take_field(line, fields[i]))
      return false;
  }
  return line.empty();
}

/// A finite decimal, all of it.
std::optional<double> parse_value(const std::string& text) {
  double value = 0;
  auto last = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), last, value);
  if (problem != std::errc{} || rest != last || !std::isfinite(value))
    return std::nullopt;
  return value;
}

bool is_header(const std::array<std::string, 3>& fields) {
  return fields[0] == "TimeStamp" && fields[1] == "Value"
         && fields[2] == "Label";
}

} // namespace

std::optional<series> parse_series(std::string_view text) {
  series parsed;
  std::array<std::string, 3> fields;
  auto header_seen = false;
  while (!text.empty()) {
    auto line = take_line(text);
    if (line.empty())
      continue;
    auto complete = split(line, fields);
    if (!header_seen) {
      if (!complete || !is_header(fields))
        return std::nullopt;
      header_seen = true;
      continue;
    }
    auto time = complete ? parse_timestamp(fields[0]) : std::nullopt;
    auto value = time ? parse_value(fields[1]) : std::nullopt;
    if (value)
      parsed.points.push_back({*time, *value});
    else
      ++parsed.skipped_lines;
  }
  if (!header_seen)
    return std::nullopt;
  std::ranges::stable_sort(parsed.points, {}, &series::point::time);
  return parsed;
}

std::vector<double> last_values(const series& all, std::size_t count,
                                std::optional<std::int64_t> at) {
  auto end = at ? std::ranges::upper_bound(all.points, *at, {},
                                           &series::point::time)
                : all.points.end();
  auto found = std::min<std::size_t>(count, end - all.points.begin());
  std::vector<double> values;
  values.reserve(found);
  for (auto each = end - static_cast<std::ptrdiff_t>(found); each != end;
       ++each)
    values.push_back(each->value);
  return values;
}

} // namespace bank_monitor
