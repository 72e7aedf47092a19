#include "cli/node_view.hpp"

#include "cli/text_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace serval {

std::string render_nodes(const std::vector<node_status>& nodes) {
  std::vector<std::vector<std::string>> rows
    = {{"NODE", "STATE", "WORKERS", "CPU", "MEMORY", "ZONE", "LABELS",
        "ADDRESS", "VERSION"}};
  auto or_dash = [](const std::string& text) {
    return text.empty() ? std::string{"-"} : printable(text);
  };
  for (const auto& each : nodes) {
    const auto& facts = each.facts;
    rows.push_back(
      {printable(facts.name) + (each.leads ? " (leads)" : ""),
       std::string{to_string(each.state)}, fmt::format("{}", each.workers),
       fmt::format("{:g}", facts.cpu),
       fmt::format("{}MiB", facts.memory_bytes >> 20), or_dash(facts.zone),
       or_dash(fmt::format("{}", fmt::join(facts.labels, ","))),
       or_dash(facts.address), or_dash(facts.version)});
  }
  return format_table(rows);
}

} // namespace serval
