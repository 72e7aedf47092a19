#pragma once

#include "base/result.hpp"
#include "model/app_change.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace serval {

/// Below this much room on the store's disk no release is deployed: it brings a
/// spec, a plugin and a table of routes.
inline constexpr std::uint64_t room_for_releases = 16u << 20;

/// Below this much nothing is journaled: RocksDB needs it to turn a full log
/// into a table, and a store that ran out of room while it wrote is of no use
/// until the daemon is restarted.
inline constexpr std::uint64_t room_for_changes = 4u << 20;

/// What the changes need.
std::uint64_t room_needed(const std::vector<app_change>& changes);

/// Refuses changes for which the disk of `directory` has too little room, with
/// `store_failed`, before any byte is written: so that they can be made as soon
/// as there is room again.
result<void> check_room(const std::filesystem::path& directory,
                        std::uint64_t free_bytes,
                        const std::vector<app_change>& changes);

} // namespace serval
