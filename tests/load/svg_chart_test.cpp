#include "load/svg_chart.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("marks of an axis are few, even and reach the top") {
  for (double top : {0.003, 0.9, 1.0, 7.3, 10.0, 42.0, 99.0, 12345.0}) {
    CAPTURE(top);
    auto marks = axis_marks(top);
    CHECK(marks.front() == 0);
    CHECK(marks.back() >= top * (1 - 1e-9));
    CHECK(marks.size() >= 3);
    CHECK(marks.size() <= 7);
  }
  CHECK(axis_marks(0).size() == 2);
}

TEST_CASE("a chart has a line per series and no text that is markup") {
  chart what;
  what.x_label = "a < b";
  what.series = {{"x", "a", {{0, 1}, {1, 2}}}, {"y", "b", {{0, 0}, {1, 0}}}};
  what.x_marks = {{0, "0"}, {1, "<1>"}};
  auto svg = draw(what);
  CHECK(svg.find("a &lt; b") != std::string::npos);
  CHECK(svg.find("<1>") == std::string::npos);
  std::size_t lines = 0;
  for (auto at = svg.find("<polyline"); at != std::string::npos;
       at = svg.find("<polyline", at + 1))
    ++lines;
  CHECK(lines == 2);
}

TEST_CASE("a chart without values can be drawn") {
  chart what;
  what.series = {{"x", "a", {}}};
  what.x_marks = {{0, "0"}, {1, "1"}};
  CHECK(draw(what).find("nan") == std::string::npos);
}
