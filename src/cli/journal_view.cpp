#include "cli/journal_view.hpp"

#include "cli/text_table.hpp"
#include "control/history_json.hpp"

#include <fmt/format.h>

namespace serval {

namespace {

struct in_words {
  std::string operator()(const release_deployed& x) const {
    return fmt::format("deploy release {} ({:.12})", x.number.value, x.hash);
  }

  std::string operator()(const release_promoted& x) const {
    return fmt::format("release {} serves", x.number.value);
  }

  std::string operator()(const release_failed& x) const {
    return fmt::format("release {} failed: {}", x.number.value, x.reason);
  }

  std::string operator()(const workers_scaled& x) const {
    return fmt::format("scale {}={} in release {}", x.backend, x.workers,
                       x.number.value);
  }

  std::string operator()(const application_deleted&) const {
    return "delete";
  }

  std::string operator()(const nothing_changed& x) const {
    return fmt::format("nothing, it was so already: {:.60}", x.command);
  }

  std::string operator()(const orphans_adopted& x) const {
    return fmt::format("adopt orphans, up to release {}", x.number.value);
  }

  std::string operator()(const orphans_discarded& x) const {
    return fmt::format("discard orphans, up to release {}", x.number.value);
  }
};

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : printable(text);
}

} // namespace

std::string describe(const change_kind& what) {
  return std::visit(in_words{}, what);
}

std::string render_history(const journal& history) {
  std::vector<std::vector<std::string>> rows = {
    {"SEQUENCE", "TIME", "EPOCH", "WHO", "WHY", "OPERATION", "WHAT"}};
  for (const auto& entry : history.entries) {
    const auto& cause = entry.change.cause;
    rows.push_back({fmt::format("{}", entry.number.value),
                    to_rfc3339(entry.at),
                    fmt::format("{}", entry.epoch.value), or_dash(cause.who),
                    or_dash(cause.reason), or_dash(cause.operation_id),
                    printable(describe(entry.change.what))});
  }
  auto text = format_table(rows);
  auto dropped = history.last.value - history.entries.size();
  if (dropped > 0)
    text += fmt::format("{} more changes were dropped by a snapshot: nothing "
                        "depends on them any more\n",
                        dropped);
  return text;
}

} // namespace serval
