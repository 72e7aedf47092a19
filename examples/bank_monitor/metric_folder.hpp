#pragma once

#include "messages.hpp"
#include "series.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bank_monitor {

/// A folder of metric files: `BANK/INDICATOR.csv`. Names that begin with a dot,
/// or are not UTF-8, are ignored. Not thread-safe.
class metric_folder {
public:
  explicit metric_folder(std::filesystem::path root) : root_(std::move(root)) {
    // nop
  }

  /// The banks that a query asks for, all of them if it names none, each with
  /// its share. Throws std::runtime_error if there is no such folder.
  std::map<std::string, bank_task> split(const query& query) const;

  /// The indicators that a bank is asked for, all of them if none is named, or
  /// why the bank has none.
  part<std::map<std::string, indicator_task>>
  split(const bank_task& task) const;

  /// An indicator's report over a window of its series. A series stays parsed
  /// and is read again when its file has changed.
  part<indicator_reply> read(const indicator_task& task);

private:
  /// What changes when a file's content does.
  struct file_version {
    std::uint64_t size;
    std::int64_t mtime_ns;
    std::uint64_t inode;
    friend bool operator==(const file_version&, const file_version&) = default;
  };

  struct cached_series {
    file_version version;
    std::optional<series> parsed; ///< Nothing if the header is missing.
  };

  /// What is cached for the file, read anew if need be.
  part<const cached_series*> load(const std::filesystem::path& path);

  std::filesystem::path root_;
  std::map<std::filesystem::path, cached_series> cache_;
};

} // namespace bank_monitor
