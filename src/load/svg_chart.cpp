#include "load/svg_chart.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace serval {

namespace {

constexpr double width = 860;
constexpr double height = 280;
constexpr double left = 64;
constexpr double right = 844;
constexpr double top = 34;
constexpr double bottom = 232;

/// Where values of an axis are drawn.
struct scale {
  double from;
  double to;
  double begin;
  double end;

  double operator()(double value) const {
    return begin + (end - begin) * (value - from) / (to - from);
  }
};

double highest(const chart& what) {
  double found = 0;
  for (const auto& series : what.series)
    for (const auto& [x, y] : series.points)
      found = std::max(found, y);
  return found;
}

std::string draw_axes(const chart& what, const scale& x, const scale& y,
                      const std::vector<double>& y_marks) {
  std::string svg;
  if (what.shaded_until > x.from)
    svg += fmt::format("<rect class=\"shade\" x=\"{:.1f}\" y=\"{}\" "
                       "width=\"{:.1f}\" height=\"{}\"/>",
                       left, top, x(std::min(what.shaded_until, x.to)) - left,
                       bottom - top);
  for (auto mark : y_marks)
    svg += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" "
                       "y2=\"{:.1f}\"/><text class=\"y\" x=\"{}\" "
                       "y=\"{:.1f}\">{:.6g}</text>",
                       left, right, y(mark), y(mark), left - 8, y(mark) + 4,
                       mark);
  for (const auto& [at, text] : what.x_marks)
    svg += fmt::format("<line class=\"tick\" x1=\"{:.1f}\" x2=\"{:.1f}\" "
                       "y1=\"{}\" y2=\"{}\"/><text class=\"x\" x=\"{:.1f}\" "
                       "y=\"{}\">{}</text>",
                       x(at), x(at), bottom, bottom + 5, x(at), bottom + 20,
                       escape_html(text));
  svg += fmt::format("<text class=\"x label\" x=\"{}\" y=\"{}\">{}</text>"
                     "<text class=\"label\" x=\"0\" y=\"14\">{}</text>",
                     (left + right) / 2, bottom + 42,
                     escape_html(what.x_label), escape_html(what.y_label));
  return svg;
}

std::string draw_line(const chart_series& series, const scale& x,
                      const scale& y) {
  std::string points;
  for (const auto& [at, value] : series.points)
    points += fmt::format("{:.1f},{:.1f} ", x(at), y(value));
  return fmt::format("<polyline class=\"line {}\" points=\"{}\"/>",
                     series.css_class, points);
}

std::string draw_names(const std::vector<chart_series>& all) {
  std::string svg;
  // From the right end, in the order of the series.
  double at = right;
  for (auto series = all.rbegin(); series != all.rend(); ++series) {
    at -= 7.0 * static_cast<double>(series->name.size()) + 34;
    svg += fmt::format("<line class=\"line {}\" x1=\"{:.0f}\" x2=\"{:.0f}\" "
                       "y1=\"10\" y2=\"10\"/><text x=\"{:.0f}\" y=\"14\">{}"
                       "</text>",
                       series->css_class, at, at + 18, at + 24,
                       escape_html(series->name));
  }
  return svg;
}

} // namespace

std::vector<double> axis_marks(double highest) {
  if (!(highest > 0))
    return {0, 1};
  auto power = std::pow(10, std::floor(std::log10(highest / 4)));
  auto step = power;
  for (auto times : {2.0, 5.0, 10.0})
    if (highest / step > 5)
      step = power * times;
  std::vector<double> marks{0};
  for (int i = 1; marks.back() < highest * (1 - 1e-9); ++i)
    marks.push_back(i * step);
  return marks;
}

std::string draw(const chart& what) {
  SERVAL_ASSERT(what.x_marks.size() >= 2);
  auto y_marks = axis_marks(highest(what));
  scale x{what.x_marks.front().first, what.x_marks.back().first, left, right};
  scale y{0, y_marks.back(), bottom, top};
  auto svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\">", width,
                         height);
  svg += draw_axes(what, x, y, y_marks);
  for (const auto& series : what.series)
    svg += draw_line(series, x, y);
  svg += draw_names(what.series);
  return svg + "</svg>\n";
}

std::string escape_html(std::string_view text) {
  std::string safe;
  for (auto c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

} // namespace serval
