#include "cluster/node_loads.hpp"

#include "base/assert.hpp"

namespace serval {

void node_loads::add(const std::string& node, const backend_group& group,
                     const worker_needs& needs) {
  auto& all = by_node_[node];
  ++all.workers;
  all.cpu += needs.cpu;
  all.memory_bytes += needs.memory_bytes;
  ++by_group_[group][node];
}

void node_loads::remove(const std::string& node, const backend_group& group,
                        const worker_needs& needs) {
  auto all = by_node_.find(node);
  auto of_group = by_group_.find(group);
  SERVAL_ASSERT(all != by_node_.end() && of_group != by_group_.end());
  // Sums of fractions do not come back to zero by themselves.
  if (--all->second.workers == 0) {
    by_node_.erase(all);
  } else {
    all->second.cpu -= needs.cpu;
    all->second.memory_bytes -= needs.memory_bytes;
  }
  auto there = of_group->second.find(node);
  SERVAL_ASSERT(there != of_group->second.end());
  if (--there->second == 0)
    of_group->second.erase(there);
  if (of_group->second.empty())
    by_group_.erase(of_group);
}

std::uint32_t node_loads::count(const std::string& node) const {
  auto found = by_node_.find(node);
  return found == by_node_.end() ? 0 : found->second.workers;
}

std::uint32_t node_loads::count(const std::string& node,
                                const backend_group& group) const {
  auto of_group = by_group_.find(group);
  if (of_group == by_group_.end())
    return 0;
  auto found = of_group->second.find(node);
  return found == of_group->second.end() ? 0 : found->second;
}

worker_needs node_loads::taken(const std::string& node) const {
  worker_needs needs;
  if (auto found = by_node_.find(node); found != by_node_.end()) {
    needs.cpu = found->second.cpu;
    needs.memory_bytes = found->second.memory_bytes;
  }
  return needs;
}

} // namespace serval
