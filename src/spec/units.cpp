#include "spec/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace serval {

namespace {

struct unit {
  std::string_view name;
  std::int64_t scale;
};

// Largest first, which is what formatting tries.
constexpr std::array<unit, 6> duration_units = {{
  {"h", 3'600'000'000'000},
  {"m", 60'000'000'000},
  {"s", 1'000'000'000},
  {"ms", 1'000'000},
  {"us", 1'000},
  {"ns", 1},
}};

constexpr std::array<unit, 4> size_units = {{
  {"GiB", 1 << 30},
  {"MiB", 1 << 20},
  {"KiB", 1 << 10},
  {"B", 1},
}};

constexpr double longest_duration_ns = 100.0 * 365 * 24 * 3600 * 1e9;

error malformed(std::string_view text, std::string_view kind,
                std::string_view example) {
  return {errc::bad_request,
          fmt::format("\"{}\" is no {}; write it like {}", text, kind,
                      example)};
}

template <class Units>
const unit* unit_named(const Units& units, std::string_view name) {
  for (const auto& each : units)
    if (each.name == name)
      return &each;
  return nullptr;
}

template <class Units>
std::string format_with(const Units& units, std::uint64_t value,
                        std::string_view zero) {
  for (const auto& each : units)
    if (value % static_cast<std::uint64_t>(each.scale) == 0 && value != 0)
      return fmt::format("{}{}", value / each.scale, each.name);
  return std::string{zero};
}

} // namespace

result<duration> parse_duration(std::string_view text) {
  auto bad = [&] {
    return malformed(text, "duration", R"("200ms", "1.5s" or "2m")");
  };
  auto end = text.find_first_not_of("0123456789.");
  if (end == 0 || end == std::string_view::npos)
    return bad();
  const auto* scale = unit_named(duration_units, text.substr(end));
  if (scale == nullptr)
    return bad();
  double count = 0;
  auto [rest, code] = std::from_chars(text.data(), text.data() + end, count,
                                      std::chars_format::fixed);
  if (code != std::errc{} || rest != text.data() + end)
    return bad();
  auto span_ns = count * static_cast<double>(scale->scale);
  if (!(span_ns <= longest_duration_ns))
    return error{errc::bad_request,
                 fmt::format("\"{}\" is beyond 100 years", text)};
  return duration{std::llround(span_ns)};
}

std::string format_duration(duration span) {
  return format_with(duration_units, static_cast<std::uint64_t>(span.count()),
                     "0s");
}

result<std::uint64_t> parse_size(std::string_view text) {
  auto bad = [&] {
    return malformed(text, "size", R"("64B", "256KiB" or "1MiB")");
  };
  auto end = text.find_first_not_of("0123456789");
  if (end == 0 || end == std::string_view::npos)
    return bad();
  const auto* scale = unit_named(size_units, text.substr(end));
  if (scale == nullptr)
    return bad();
  std::uint64_t count = 0;
  auto [rest, code] = std::from_chars(text.data(), text.data() + end, count);
  if (code != std::errc{} || rest != text.data() + end)
    return bad();
  auto bytes_per_unit = static_cast<std::uint64_t>(scale->scale);
  if (count > (std::uint64_t{1} << 50) / bytes_per_unit)
    return error{errc::bad_request,
                 fmt::format("\"{}\" is beyond 1024 TiB", text)};
  return count * bytes_per_unit;
}

std::string format_size(std::uint64_t bytes) {
  return format_with(size_units, bytes, "0B");
}

} // namespace serval
