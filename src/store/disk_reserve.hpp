#pragma once

#include <cstdint>
#include <filesystem>

namespace serval {

/// Room on a disk that others cannot fill: a file that has it allocated. When
/// the disk is full, the file gives it up, so that what frees room can be
/// journaled. One thread at a time.
class disk_reserve {
public:
  /// Of so many bytes; 0 is none. What a program before this one has taken
  /// counts.
  disk_reserve(std::filesystem::path file, std::uint64_t bytes);

  /// Takes the room, if `beside` is free without it. One that cannot be had is
  /// done without.
  void take(std::uint64_t free_bytes, std::uint64_t beside) noexcept;

  /// Gives it back to the disk. Returns whether there was any.
  bool give_up() noexcept;

  /// How much it has yet to take.
  std::uint64_t missing() const noexcept {
    return bytes_ - held_;
  }

private:
  std::filesystem::path file_;
  std::uint64_t bytes_;
  std::uint64_t held_ = 0;
};

} // namespace serval
