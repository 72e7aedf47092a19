#pragma once

#include "config/node_config.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace serval {

/// What the machine lets the daemon have.
struct machine_resources {
  std::uint64_t descriptors = 0;
  std::uint64_t memory_bytes = 0;
};

/// Asks for as many descriptors as the process may have at all, and tells what
/// there is.
machine_resources claim_resources();

/// Fits `config` to the machine: fills in what is left to it, and lowers what
/// it cannot give. Answers what was lowered, a sentence each.
std::vector<std::string> fit(node_config& config,
                             const machine_resources& machine);

/// Starts so many threads that allocate, all at once, and ends them. Throws
/// what starting one throws. RocksDB hangs for good if it cannot start one in
/// the midst of opening a database, so that this is found out before.
void rehearse_threads(std::size_t count);

} // namespace serval
