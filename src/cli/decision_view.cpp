#include "cli/decision_view.hpp"

#include "cli/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

/// "3.2s", "5m", "7h", "2d": two figures are enough to see what came when.
std::string format_age(duration age) {
  using namespace std::chrono;
  auto seconds_ago = duration_cast<milliseconds>(age).count() / 1000.0;
  if (seconds_ago < 10)
    return fmt::format("{:.1f}s", seconds_ago);
  if (age < 2min)
    return fmt::format("{:.0f}s", seconds_ago);
  if (age < 2h)
    return fmt::format("{}m", duration_cast<minutes>(age).count());
  if (age < 48h)
    return fmt::format("{}h", duration_cast<hours>(age).count());
  return fmt::format("{}d", duration_cast<hours>(age).count() / 24);
}

} // namespace

std::string render_decisions(const std::vector<decision>& decisions,
                             std::size_t last) {
  if (decisions.empty())
    return "nothing was decided since the daemon started\n";
  std::vector<std::vector<std::string>> rows
    = {{"AGO", "TIMES", "ABOUT", "DECIDED", "BECAUSE"}};
  auto skip = decisions.size() - std::min(last, decisions.size());
  for (auto i = skip; i < decisions.size(); ++i) {
    const auto& each = decisions[i];
    rows.push_back({format_age(each.age), fmt::format("{}", each.times),
                    printable(each.about), printable(each.what),
                    printable(each.why)});
  }
  return format_table(rows);
}

} // namespace serval
