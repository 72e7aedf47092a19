#pragma once

#include "base/result.hpp"

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
  static result<high_water_mark> open(const std::filesystem::path& file);

  high_water_mark(high_water_mark&& other) noexcept;
  high_water_mark& operator=(high_water_mark&&) = delete;
  ~high_water_mark();

  /// The number of the last `set` that survived. None if the file is new, or
  /// damaged in both slots: beside a log with batches the mark was lost then.
  std::optional<std::uint64_t> value() const noexcept {
    return value_;
  }

  /// Begins a new file, or one that proved to matter no more.
  result<void> reset(std::uint64_t value);

  /// Makes `value` durable. REQUIRES: value() <= value
  result<void> set(std::uint64_t value);

private:
  high_water_mark(int fd, std::filesystem::path file) noexcept
    : fd_(fd), file_(std::move(file)) {
    // nop
  }

  result<void> load();

  int fd_;
  std::filesystem::path file_;
  std::optional<std::uint64_t> value_;
  std::uint64_t writes_ = 0;
};

} // namespace serval
