#include "cluster/placement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace serval {

namespace {

using candidates_type = std::vector<placement_candidate>;

bool has_labels(const placement_candidate& node, const worker_needs& needs) {
  return std::ranges::all_of(needs.labels, [&](const auto& label) {
    return std::ranges::find(node.labels, label) != node.labels.end();
  });
}

bool has_place(const placement_candidate& node, const worker_needs& needs) {
  return needs.per_node_max == 0 || node.of_backend < needs.per_node_max;
}

bool has_room(const placement_candidate& node, const worker_needs& needs) {
  return node.cpu_free >= needs.cpu
         && node.memory_free_bytes >= needs.memory_bytes;
}

bool fits(const placement_candidate& node, const worker_needs& needs) {
  return has_labels(node, needs) && has_place(node, needs)
         && has_room(node, needs);
}

std::map<std::string, std::uint32_t> by_zone(const candidates_type& nodes) {
  std::map<std::string, std::uint32_t> counts;
  for (const auto& each : nodes)
    counts[each.zone] += each.of_backend;
  return counts;
}

/// Says how many nodes fail on each need, the rarest last.
error explain(const candidates_type& nodes, const worker_needs& needs) {
  if (nodes.empty())
    return {errc::unavailable, "no node takes workers"};
  std::size_t unlabelled = 0;
  std::size_t full = 0;
  std::size_t small = 0;
  for (const auto& each : nodes)
    if (!has_labels(each, needs))
      ++unlabelled;
    else if (!has_place(each, needs))
      ++full;
    else
      ++small;
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
          fmt::format("it fits on none of {} nodes: {}", nodes.size(),
                      fmt::join(why, ", "))};
}

} // namespace

result<std::string> place_worker(const candidates_type& candidates,
                                 const worker_needs& needs) {
  auto zones = by_zone(candidates);
  auto cost = [&](const placement_candidate& node) {
    return std::tuple{zones[node.zone], node.of_backend, node.in_all,
                      std::cref(node.node).get()};
  };
  const placement_candidate* best = nullptr;
  for (const auto& each : candidates)
    if (fits(each, needs) && (best == nullptr || cost(each) < cost(*best)))
      best = &each;
  if (best == nullptr)
    return explain(candidates, needs);
  return best->node;
}

std::optional<placement_move> rebalance(const candidates_type& candidates,
                                        const worker_needs& needs) {
  auto zones = by_zone(candidates);
  // How much fuller the source is, by zones or within one.
  auto difference = [&](const placement_candidate& source,
                        const placement_candidate& target) {
    auto [more, less] = source.zone == target.zone
                          ? std::pair{source.of_backend, target.of_backend}
                          : std::pair{zones[source.zone], zones[target.zone]};
    return more > less + 1 ? more - less : 0;
  };
  std::optional<placement_move> best;
  // The fullest source and the emptiest target, if several differ alike.
  std::tuple<std::uint32_t, std::int64_t> most{0, 0};
  for (const auto& source : candidates)
    for (const auto& target : candidates) {
      if (source.of_backend == 0 || !fits(target, needs))
        continue;
      std::tuple gain{difference(source, target),
                      std::int64_t{source.of_backend} - target.of_backend};
      if (std::get<0>(gain) > 0 && (!best || gain > most)) {
        most = gain;
        best = {source.node, target.node};
      }
    }
  return best;
}

} // namespace serval
