#include "merge.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bank_monitor {

bank_reply merge(const std::string& bank,
                 std::map<std::string, part<indicator_reply>> parts) {
  bank_reply merged;
  std::map<std::string, indicator_report> reports;
  for (auto& [name, part] : parts) {
    if (auto why = std::get_if<absence>(&part)) {
      merged.missing.push_back({bank, name, std::move(*why)});
      continue;
    }
    auto& reply = std::get<indicator_reply>(part);
    merged.skipped_lines += reply.skipped_lines;
    reports.emplace(name, reply.report);
  }
  merged.report = report_on(std::move(reports));
  return merged;
}

overview merge(std::map<std::string, part<bank_reply>> parts) {
  overview merged;
  for (auto& [name, part] : parts) {
    if (auto why = std::get_if<absence>(&part)) {
      merged.missing.push_back({name, std::nullopt, std::move(*why)});
      continue;
    }
    auto& reply = std::get<bank_reply>(part);
    merged.skipped_lines += reply.skipped_lines;
    merged.banks.emplace(name, std::move(reply.report));
    std::ranges::move(reply.missing, std::back_inserter(merged.missing));
  }
  return merged;
}

verdict judge(const overview& overview) {
  const auto& missing = overview.missing;
  // A bank that was found but has no indicators is an answer, too; one whose
  // named indicators are all missing is none.
  auto is_answered = [&](const auto& bank) {
    auto is_its = [&](const auto& entry) { return entry.bank == bank.first; };
    return !bank.second.indicators.empty()
           || std::ranges::none_of(missing, is_its);
  };
  auto has = [&](reason wanted) {
    auto fits = [&](const auto& entry) { return entry.why.reason == wanted; };
    return std::ranges::any_of(missing, fits);
  };
  if (std::ranges::any_of(overview.banks, is_answered)
      || has(reason::unreadable))
    return verdict::good;
  if (has(reason::timeout) || has(reason::worker_died))
    return verdict::failed;
  return verdict::not_found;
}

std::string describe(const overview& overview) {
  if (overview.missing.empty())
    return "there are no banks";
  const auto& first = overview.missing.front();
  auto text = "bank \"" + first.bank + "\"";
  if (first.indicator)
    text += ", indicator \"" + *first.indicator + "\"";
  text += ": " + first.why.detail;
  if (overview.missing.size() > 1)
    text += " (and " + std::to_string(overview.missing.size() - 1) + " more)";
  return text;
}

} // namespace bank_monitor
