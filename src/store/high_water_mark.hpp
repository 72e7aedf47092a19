#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "store/store_disk.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace serval {

/// A small file that says how many batches of a log were acknowledged. The log
/// alone cannot tell that its end is missing; this can, since it is another
/// file. It holds two slots, written in turn and each with a checksum, so that
/// a torn write costs the newer slot only. While it is open it is locked, which
/// keeps a second daemon out of the directory.
class high_water_mark {
public:
  /// Opens or creates the file. Errors: `conflict` if another process has it,
  /// `store_failed` if it cannot be opened or read.
  static result<high_water_mark>
  open(const std::filesystem::path& file,
       store_disk& disk = store_disk::system());

  /// Opens a file only to read it, beside others that do, and creates nothing.
  /// A file that is missing has no value.
  static result<high_water_mark> look_at(const std::filesystem::path& file);

  /// The number of the last `set` that survived. None if the file is new, or
  /// damaged in both slots: beside a log with batches the mark was lost then.
  std::optional<std::uint64_t> value() const noexcept {
    return value_;
  }

  /// False of a file that was only looked at and is not there.
  bool exists() const noexcept {
    return fd_.get() >= 0;
  }

  /// Begins a new file, or one that proved to matter no more.
  result<void> reset(std::uint64_t value);

  /// Makes `value` durable. REQUIRES: value() <= value
  result<void> set(std::uint64_t value);

private:
  high_water_mark(unique_fd fd, std::filesystem::path file,
                  store_disk& disk) noexcept
    : fd_(std::move(fd)), file_(std::move(file)), disk_(&disk) {
    // nop
  }

  result<void> load();

  unique_fd fd_;
  std::filesystem::path file_;
  store_disk* disk_;
  std::optional<std::uint64_t> value_;
  std::uint64_t writes_ = 0;
};

} // namespace serval
