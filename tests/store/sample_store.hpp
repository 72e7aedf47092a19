#pragma once

#include "store/rocksdb_store.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace serval {

inline app_change scale_change(std::uint32_t workers) {
  return {{"op-" + std::to_string(workers), "maria", "test"},
          workers_scaled{{1}, "bank", workers}};
}

/// Adds changes to the journal of `app` in a directory's store, one by one.
inline void write_changes(const std::filesystem::path& directory,
                          const std::string& app, std::uint32_t changes) {
  auto opened = open_rocksdb_store(directory);
  REQUIRE(opened);
  auto& store = **opened;
  auto epoch = store.lease("n1", std::chrono::hours{1})->epoch;
  auto last = store.read(app)->last;
  for (std::uint32_t i = 1; i <= changes; ++i) {
    auto done = store.append({app, epoch, last, {}, {scale_change(i)}});
    REQUIRE(done);
    last = *done;
  }
}

/// All files below a directory, and what is in them.
inline std::map<std::string, std::string>
files_below(const std::filesystem::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator{directory})
    if (entry.is_regular_file()) {
      std::ifstream in{entry.path(), std::ios::binary};
      files[entry.path().string()]
        = std::string{std::istreambuf_iterator<char>{in}, {}};
    }
  return files;
}

} // namespace serval
