#pragma once

#include "cluster/placement.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace serval {

/// The workers of one backend of one release.
struct backend_group {
  std::string app;
  release_number release;
  std::string backend;
  friend auto operator<=>(const backend_group&, const backend_group&) = default;
};

/// What the workers on each node take, kept up with each that comes and goes:
/// a question costs as many steps as there are nodes, not workers.
class node_loads {
public:
  void add(const std::string& node, const backend_group& group,
           const worker_needs& needs);

  /// REQUIRES: it was added.
  void remove(const std::string& node, const backend_group& group,
              const worker_needs& needs);

  /// All workers on the node.
  std::uint32_t count(const std::string& node) const;

  /// Of the group on the node.
  std::uint32_t count(const std::string& node,
                      const backend_group& group) const;

  /// What the node's workers need together.
  worker_needs taken(const std::string& node) const;

private:
  struct load {
    std::uint32_t workers = 0;
    double cpu = 0;
    std::uint64_t memory_bytes = 0;
  };

  std::map<std::string, load> by_node_;
  std::map<backend_group, std::map<std::string, std::uint32_t>> by_group_;
};

} // namespace serval
