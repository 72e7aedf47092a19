#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace serval {

/// Counts the connections of each client address, over all loops, and bounds
/// them: one client cannot hold all connections. Takes the same memory however
/// many addresses there are: addresses are spread over a table by a secret
/// hash, and of two that meet in one place the sum is bounded. Thread-safe.
class address_counts {
public:
  /// What is counted together: an IPv4 address, or the first 64 bits of an IPv6
  /// address, which is what one client is given.
  struct address {
    std::uint64_t bits = 0;
    bool v6 = false;
  };

  /// A connection's place; gives itself back.
  class place {
  public:
    place() noexcept = default;

    explicit place(std::atomic<std::uint32_t>& count) noexcept
      : count_(&count) {
      // nop
    }

    place(place&& other) noexcept
      : count_(std::exchange(other.count_, nullptr)) {
      // nop
    }

    place& operator=(place&& other) noexcept {
      std::swap(count_, other.count_);
      return *this;
    }

    ~place() {
      if (count_ != nullptr)
        count_->fetch_sub(1, std::memory_order_relaxed);
    }

    explicit operator bool() const noexcept {
      return count_ != nullptr;
    }

  private:
    std::atomic<std::uint32_t>* count_ = nullptr;
  };

  address_counts(std::uint32_t limit, std::uint64_t secret)
    : limit_(limit),
      secret_(secret),
      counts_(std::make_unique<std::atomic<std::uint32_t>[]>(table_size)) {
    // nop
  }

  /// A place for one more connection of `from`, or none if it has all it may.
  place enter(address from) noexcept;

private:
  static constexpr std::size_t table_size = 1 << 16;

  std::uint32_t limit_;
  std::uint64_t secret_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> counts_;
};

} // namespace serval
