#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace bank_monitor {

/// A metric file, parsed.
struct series {
  struct point {
    std::int64_t time; ///< Seconds since 1970, UTC.
    double value;
    friend bool operator==(const point&, const point&) = default;
  };

  /// Sorted by time; points of the same time in the order of the file.
  std::vector<point> points;

  /// Lines of data that could not be read.
  std::size_t skipped_lines = 0;
};

/// Reads the text of a CSV file with the header `TimeStamp,Value,Label`.
/// Nothing if that header is missing; lines that make no sense are skipped and
/// counted.
std::optional<series> parse_series(std::string_view text);

/// The last `count` values whose time is not after `at`, oldest first.
std::vector<double> last_values(const series& all, std::size_t count,
                                std::optional<std::int64_t> at);

} // namespace bank_monitor
