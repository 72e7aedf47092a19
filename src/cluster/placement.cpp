#include "cluster/placement.hpp"

#include "base/defect.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace serval {

namespace {

using candidates_type = std::span<const placement_candidate>;

bool has_labels(const placement_candidate& node, const worker_needs& needs) {
  if (defect("ignore_labels"))
    return true;
  return std::ranges::all_of(needs.labels, [&](const auto& label) {
    return std::ranges::find(node.labels, label) != node.labels.end();
  });
}

bool has_place(const placement_candidate& node, const worker_needs& needs) {
  return needs.per_node_max == 0 || node.of_backend < needs.per_node_max
         || defect("ignore_max_per_node");
}

bool has_room(const placement_candidate& node, const worker_needs& needs) {
  return (node.cpu_free >= needs.cpu || defect("ignore_cpu"))
         && node.memory_free_bytes >= needs.memory_bytes;
}

bool fits(const placement_candidate& node, const worker_needs& needs) {
  return node.takes_workers && has_labels(node, needs) && has_place(node, needs)
         && has_room(node, needs);
}

/// By the zones' numbers.
std::vector<std::uint32_t> by_zone(candidates_type nodes) {
  std::vector<std::uint32_t> counts;
  for (const auto& each : nodes) {
    if (each.zone >= counts.size())
      counts.resize(each.zone + 1);
    // One that is drained does not keep its zone from getting others.
    if (each.takes_workers)
      counts[each.zone] += each.of_backend;
  }
  return counts;
}

/// Says how many nodes fail on each need, the rarest last.
error explain(candidates_type nodes, const worker_needs& needs) {
  std::size_t all = 0;
  std::size_t unlabelled = 0;
  std::size_t full = 0;
  std::size_t small = 0;
  for (const auto& each : nodes) {
    if (!each.takes_workers)
      continue;
    ++all;
    if (!has_labels(each, needs))
      ++unlabelled;
    else if (!has_place(each, needs))
      ++full;
    else
      ++small;
  }
  if (all == 0)
    return {errc::unavailable, "no node takes workers"};
  std::vector<std::string> why;
  if (unlabelled > 0)
    why.push_back(fmt::format("{} without {}", unlabelled,
                              fmt::join(needs.labels, ", ")));
  if (full > 0)
    why.push_back(fmt::format("{} with {} of its workers already", full,
                              needs.per_node_max));
  if (small > 0)
    why.push_back(fmt::format("{} without {} cpu and {} MiB to spare", small,
                              needs.cpu, needs.memory_bytes >> 20));
  return {errc::unavailable,
          fmt::format("it fits on none of {} nodes: {}", all,
                      fmt::join(why, ", "))};
}

} // namespace

result<std::string> place_worker(candidates_type candidates,
                                 const worker_needs& needs) {
  const auto zones = by_zone(candidates);
  auto cost = [&](const placement_candidate& node) {
    return std::tuple{zones[node.zone], node.of_backend, node.in_all};
  };
  const placement_candidate* best = nullptr;
  for (const auto& each : candidates)
    // The costs first, as few are better than the best so far.
    if ((best == nullptr || cost(each) < cost(*best)) && fits(each, needs))
      best = &each;
  if (best == nullptr)
    return explain(candidates, needs);
  return std::string{best->node};
}

std::optional<placement_move> rebalance(candidates_type candidates,
                                        const worker_needs& needs) {
  struct zone_view {
    std::uint32_t workers = 0;
    const placement_candidate* fullest = nullptr;
    /// Of those where one more fits.
    const placement_candidate* emptiest = nullptr;
  };
  std::map<std::uint32_t, zone_view> zones;
  for (const auto& each : candidates) {
    if (!each.takes_workers)
      continue;
    auto& zone = zones[each.zone];
    zone.workers += each.of_backend;
    if (zone.fullest == nullptr || each.of_backend > zone.fullest->of_backend)
      zone.fullest = &each;
    if (fits(each, needs)
        && (zone.emptiest == nullptr
            || each.of_backend < zone.emptiest->of_backend))
      zone.emptiest = &each;
  }
  std::optional<placement_move> best;
  std::uint32_t most = 1;
  for (const auto& [from_name, from] : zones)
    for (const auto& [to_name, to] : zones) {
      if (to.emptiest == nullptr)
        continue;
      // Within a zone nodes are compared, else zones.
      auto [more, less] = from_name == to_name
                            ? std::pair{from.fullest->of_backend,
                                        to.emptiest->of_backend}
                            : std::pair{from.workers, to.workers};
      if (more > less && more - less > most) {
        most = more - less;
        best = {std::string{from.fullest->node},
                std::string{to.emptiest->node}};
      }
    }
  return best;
}

} // namespace serval
