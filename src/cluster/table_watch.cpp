#include "cluster/table_watch.hpp"

#include <utility>

namespace serval {

table_watch::knowledge& table_watch::at(const std::string& node) {
  auto [found, fresh] = nodes_.try_emplace(node);
  if (fresh)
    ++versions_[0];
  return found->second;
}

void table_watch::pin(knowledge& node, release_number release) {
  if (node.pinned.insert(release).second)
    ++pins_[release];
}

void table_watch::unpin(release_number release) {
  auto found = pins_.find(release);
  if (--found->second == 0)
    pins_.erase(found);
}

void table_watch::move(knowledge& node, std::uint64_t to) {
  auto from = versions_.find(node.acked);
  if (--from->second == 0)
    versions_.erase(from);
  node.acked = to;
  ++versions_[to];
}

void table_watch::sent(const std::string& node, release_number serving) {
  auto& knows = at(node);
  if (serving)
    pin(knows, serving);
}

void table_watch::joined(const std::string& node, std::uint64_t acked,
                         const std::vector<release_number>& pinned) {
  auto& knows = at(node);
  move(knows, acked);
  for (auto release : std::exchange(knows.pinned, {}))
    unpin(release);
  for (auto release : pinned)
    pin(knows, release);
}

void table_watch::acked(const std::string& node, std::uint64_t version) {
  auto found = nodes_.find(node);
  if (found != nodes_.end() && version > found->second.acked)
    move(found->second, version);
}

void table_watch::idle(const std::string& node, release_number release) {
  auto found = nodes_.find(node);
  if (found != nodes_.end() && found->second.pinned.erase(release) > 0)
    unpin(release);
}

void table_watch::forget(const std::string& node) {
  auto found = nodes_.find(node);
  if (found == nodes_.end())
    return;
  for (auto release : found->second.pinned)
    unpin(release);
  auto version = versions_.find(found->second.acked);
  if (--version->second == 0)
    versions_.erase(version);
  nodes_.erase(found);
}

std::uint64_t table_watch::acked_by(const std::string& node) const {
  auto found = nodes_.find(node);
  return found == nodes_.end() ? 0 : found->second.acked;
}

} // namespace serval
