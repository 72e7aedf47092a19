#pragma once

#include "wire/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

namespace serval {

/// Bytes that are appended at the end and taken off the front. Unlike a vector
/// it leaves fresh room uninitialized. Aligned to at least 8.
class byte_buffer {
public:
  std::size_t size() const noexcept {
    return end_ - begin_;
  }

  bool empty() const noexcept {
    return begin_ == end_;
  }

  std::size_t capacity() const noexcept {
    return capacity_;
  }

  const std::byte* data() const noexcept {
    return bytes_.get() + begin_;
  }

  bytes_view view() const noexcept {
    return {data(), size()};
  }

  /// Room for `count` more bytes, which count as appended at once.
  std::byte* append(std::size_t count) {
    if (capacity_ - end_ < count)
      make_room(count);
    auto* result = bytes_.get() + end_;
    end_ += count;
    return result;
  }

  void append(bytes_view bytes) {
    if (!bytes.empty())
      std::memcpy(append(bytes.size()), bytes.data(), bytes.size());
  }

  /// REQUIRES: count <= size()
  void remove_prefix(std::size_t count) noexcept {
    begin_ += count;
    if (begin_ == end_)
      begin_ = end_ = 0;
  }

  /// Gives memory beyond `keep` back. REQUIRES: empty()
  void shrink(std::size_t keep) noexcept {
    if (capacity_ > keep) {
      bytes_.reset();
      capacity_ = 0;
    }
  }

  friend void swap(byte_buffer& a, byte_buffer& b) noexcept {
    std::swap(a.bytes_, b.bytes_);
    std::swap(a.capacity_, b.capacity_);
    std::swap(a.begin_, b.begin_);
    std::swap(a.end_, b.end_);
  }

private:
  void make_room(std::size_t count) {
    auto used = size();
    if (begin_ >= used && capacity_ - used >= count) {
      // The front is at least as long as the rest: moving costs less than what
      // was already taken off.
      std::memcpy(bytes_.get(), data(), used);
    } else {
      auto wanted = std::max({used + count, capacity_ * 2, std::size_t{1024}});
      std::unique_ptr<std::byte[]> grown{new std::byte[wanted]};
      if (used > 0)
        std::memcpy(grown.get(), data(), used);
      bytes_ = std::move(grown);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

} // namespace serval
