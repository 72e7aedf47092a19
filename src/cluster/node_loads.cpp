#include "cluster/node_loads.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <utility>

namespace serval {

void node_loads::set_node(const node_facts& facts, bool takes_workers) {
  auto [found, fresh] = index_of_.try_emplace(facts.name, nodes_.size());
  auto at = found->second;
  if (fresh) {
    nodes_.emplace_back();
    rows_.emplace_back();
  }
  if (nodes_[at].facts != facts)
    nodes_[at].facts = facts;
  auto& row = rows_[at];
  row.takes_workers = takes_workers;
  auto next_zone = static_cast<std::uint32_t>(zone_of_.size());
  row.zone = zone_of_.try_emplace(facts.zone, next_zone).first->second;
  update(at);
}

void node_loads::update(index at) {
  const auto& node = nodes_[at];
  auto& row = rows_[at];
  row.node = node.facts.name;
  row.labels = node.facts.labels;
  // What is left of fractions is no load.
  auto cpu_taken = row.in_all == 0 ? 0 : node.cpu_taken;
  row.cpu_free = node.facts.cpu - cpu_taken;
  row.memory_free_bytes
    = node.facts.memory_bytes
      - std::min(node.facts.memory_bytes, node.memory_taken_bytes);
}

void node_loads::add(const std::string& node, const backend_group& group,
                     const worker_needs& needs) {
  auto at = index_of_.at(node);
  ++rows_[at].in_all;
  nodes_[at].cpu_taken += needs.cpu;
  nodes_[at].memory_taken_bytes += needs.memory_bytes;
  update(at);
  ++groups_[group][at];
}

void node_loads::remove(const std::string& node, const backend_group& group,
                        const worker_needs& needs) {
  auto at = index_of_.at(node);
  auto of_group = groups_.find(group);
  SERVAL_ASSERT(of_group != groups_.end());
  auto there = of_group->second.find(at);
  SERVAL_ASSERT(there != of_group->second.end());
  --rows_[at].in_all;
  nodes_[at].cpu_taken -= needs.cpu;
  nodes_[at].memory_taken_bytes -= needs.memory_bytes;
  update(at);
  if (--there->second == 0)
    of_group->second.erase(there);
  if (of_group->second.empty())
    groups_.erase(of_group);
}

std::uint32_t node_loads::workers_on(const std::string& node) const {
  auto found = index_of_.find(node);
  return found == index_of_.end() ? 0 : rows_[found->second].in_all;
}

std::vector<std::string>
node_loads::nodes_of(const backend_group& group) const {
  std::vector<std::string> names;
  if (auto found = groups_.find(group); found != groups_.end())
    for (const auto& [at, count] : found->second)
      names.push_back(nodes_[at].facts.name);
  return names;
}

std::span<const placement_candidate>
node_loads::candidates(const backend_group& group) {
  for (auto at : std::exchange(shown_, {}))
    rows_[at].of_backend = 0;
  if (auto found = groups_.find(group); found != groups_.end())
    for (const auto& [at, count] : found->second) {
      rows_[at].of_backend = count;
      shown_.push_back(at);
    }
  return rows_;
}

} // namespace serval
