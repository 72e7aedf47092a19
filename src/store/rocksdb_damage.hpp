#pragma once

#include <filesystem>
#include <string>

namespace serval {

/// Looks through all files of a RocksDB database that cannot be opened or read
/// for the first that is damaged: " (FILE, byte N: WHY)". If each is whole,
/// names the one that speaks of the others. Changes nothing.
std::string find_damage(const std::filesystem::path& database);

} // namespace serval
