#pragma once

#include "cluster/placement.hpp"
#include "model/ids.hpp"
#include "model/node_facts.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace serval {

/// The workers of one backend of one release.
struct backend_group {
  std::string app;
  release_number release;
  std::string backend;
  friend auto operator<=>(const backend_group&, const backend_group&) = default;
};

/// All nodes as the planner sees them, kept up with each worker that comes and
/// goes, so that a question does not count anything.
class node_loads {
public:
  /// The node is there, and whether it takes workers. Also when it was before.
  void set_node(const node_facts& facts, bool takes_workers);

  /// A worker is on the node. REQUIRES: the node was set
  void add(const std::string& node, const backend_group& group,
           const worker_needs& needs);

  /// REQUIRES: it was added.
  void remove(const std::string& node, const backend_group& group,
              const worker_needs& needs);

  /// How many workers are on the node.
  std::uint32_t workers_on(const std::string& node) const;

  /// The nodes that have workers of the group.
  std::vector<std::string> nodes_of(const backend_group& group) const;

  /// All nodes, for one more worker of `group`; until the next call.
  std::span<const placement_candidate> candidates(const backend_group& group);

private:
  using index = std::size_t;
  using counts = std::map<index, std::uint32_t>;

  struct node_entry {
    node_facts facts;
    double cpu_taken = 0;
    std::uint64_t memory_taken_bytes = 0;
  };

  void update(index at);

  std::map<std::string, index> index_of_;
  std::map<std::string, std::uint32_t> zone_of_;
  /// Their members are borrowed by `rows_`.
  std::deque<node_entry> nodes_;
  std::vector<placement_candidate> rows_;
  std::map<backend_group, counts> groups_;
  /// The nodes whose rows show the counts of a group.
  std::vector<index> shown_;
};

} // namespace serval
