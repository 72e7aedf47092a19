#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serval {

/// A line of a chart.
struct chart_series {
  std::string name;
  /// A CSS class of the page, which gives it its colour.
  std::string css_class;
  /// x and y.
  std::vector<std::pair<double, double>> points;
};

/// What a chart shows.
struct chart {
  std::string x_label;
  std::string y_label;
  std::vector<chart_series> series;
  /// Where the x axis has marks, and what they say. REQUIRES: at least two.
  std::vector<std::pair<double, std::string>> x_marks;
  /// Left of this x is shaded, as time that does not count.
  double shaded_until = 0;
};

/// "Nice" values from 0 to at least `top`, 1, 2 or 5 times a power of ten
/// apart.
std::vector<double> axis_marks(double top);

/// The chart as an `svg` element, which fits itself into the page's width.
std::string draw(const chart& what);

/// `text` for use within HTML.
std::string escape_html(std::string_view text);

} // namespace serval
