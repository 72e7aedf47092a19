#pragma once

#include "model/ids.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace serval {

/// What a node says of itself to its cluster.
struct node_facts {
  std::string name;
  /// Nodes that are likely to fail together; empty is a zone, too.
  std::string zone;
  /// Where other nodes reach it, `host:port`.
  std::string address;
  /// Where its control API is, for people and the command line.
  std::string admin;
  /// Differs after each start of the daemon.
  std::string boot_id;
  std::string version;
  /// What it has that others may not, such as "gpu".
  std::vector<std::string> labels;
  /// Processors, and bytes of memory, for its workers.
  double cpu = 0;
  std::uint64_t memory_bytes = 0;
  /// The highest format of journal records that it reads.
  std::uint16_t journal_format = 1;

  friend bool operator==(const node_facts&, const node_facts&) = default;
};

/// A node that calls can go to.
struct host_node {
  std::string name;
  std::string address;
  std::string zone;

  friend bool operator==(const host_node&, const host_node&) = default;
};

/// The nodes that have workers of one release.
struct release_hosts {
  release_number release;
  std::vector<host_node> nodes;

  friend bool operator==(const release_hosts&, const release_hosts&) = default;
};

} // namespace serval
