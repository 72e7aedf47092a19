#pragma once

// What `context::map` returns, and how long it waits.

#include "serval/error.hpp"
#include "serval/plugin.h"

#include <chrono>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace serval {

/// When a map counts as done. Whatever the policy, a map never outlasts the
/// call's deadline.
///
///     ctx.map("bank", pieces);                                  // all
///     ctx.map("bank", pieces, serval::until::quorum(3));
///     ctx.map("bank", pieces, serval::until::best_by(20ms));
class until {
public:
  /// Every piece has ended, well or badly. The default.
  static until all() noexcept {
    return {SERVAL_MAP_ALL, 0, {}};
  }

  /// `count` pieces have succeeded, or so many have failed that they no longer
  /// can. The others are cancelled and come back as `not_needed`.
  static until quorum(std::size_t count) noexcept {
    return {SERVAL_MAP_QUORUM, count, {}};
  }

  /// Every piece has ended, or `patience` has passed since the map began. What
  /// has not ended by then is cancelled and counts as missing.
  static until best_by(std::chrono::nanoseconds patience) noexcept {
    return {SERVAL_MAP_BEST_BY, 0, patience};
  }

  serval_map_policy policy() const noexcept {
    return policy_;
  }

  std::size_t quorum() const noexcept {
    return quorum_;
  }

  std::chrono::nanoseconds patience() const noexcept {
    return patience_;
  }

private:
  until(serval_map_policy policy, std::size_t quorum,
        std::chrono::nanoseconds patience) noexcept
    : policy_(policy), quorum_(quorum), patience_(patience) {
    // nop
  }

  serval_map_policy policy_;
  std::size_t quorum_;
  std::chrono::nanoseconds patience_;
};

/// The results of a map, in the order of its pieces. Owns the bytes: every view
/// taken from it is valid as long as the map_result lives, which must end
/// before `handle` returns. Move-only. Stays on the call's thread.
class map_result {
public:
  /// How one piece ended.
  struct piece {
    std::size_t index;
    call_outcome outcome;
    /// 400 to 499 if the outcome is `rejected`, else 0.
    int reject_status;
    /// The answer if the outcome is `ok`, else what is known about the failure.
    std::string_view body;

    bool ok() const noexcept {
      return outcome == call_outcome::ok;
    }
  };

  /// Visits the pieces in order.
  class iterator {
  public:
    using value_type = piece;
    using difference_type = std::ptrdiff_t;

    iterator() = default;

    iterator(const map_result* owner, std::size_t index)
      : owner_(owner), index_(index) {
      // nop
    }

    piece operator*() const {
      return (*owner_)[index_];
    }

    iterator& operator++() {
      ++index_;
      return *this;
    }

    iterator operator++(int) {
      auto old = *this;
      ++index_;
      return old;
    }

    friend bool operator==(const iterator&, const iterator&) = default;

  private:
    const map_result* owner_ = nullptr;
    std::size_t index_ = 0;
  };

  /// No pieces.
  map_result() = default;

  /// For `context` only. Takes over `handle`, a map of `size` pieces that is
  /// done or must be cancelled.
  map_result(const serval_host& host, serval_map* handle, std::size_t size)
    : host_(&host), handle_(handle), size_(size) {
    // nop
  }

  map_result(map_result&& other) noexcept {
    swap(other);
  }

  map_result& operator=(map_result&& other) noexcept {
    map_result{std::move(other)}.swap(*this);
    return *this;
  }

  ~map_result() {
    if (handle_)
      host_->map_end(handle_);
  }

  /// How many pieces there are, whatever became of them.
  std::size_t size() const noexcept {
    return size_;
  }

  bool empty() const noexcept {
    return size_ == 0;
  }

  /// REQUIRES: index < size()
  piece operator[](std::size_t index) const {
    serval_piece_result found{};
    found.size = sizeof(found);
    host_->map_result(handle_, index, &found);
    return {index, static_cast<call_outcome>(found.outcome),
            static_cast<int>(found.reject_status),
            {found.body.data, found.body.size}};
  }

  iterator begin() const noexcept {
    return {this, 0};
  }

  iterator end() const noexcept {
    return {this, size_};
  }

  /// The pieces without an answer, in order, each with the reason.
  std::vector<piece> missing() const {
    std::vector<piece> found;
    for (auto each : *this)
      if (!each.ok())
        found.push_back(each);
    return found;
  }

  /// Whether every piece was answered.
  bool complete() const {
    for (auto each : *this)
      if (!each.ok())
        return false;
    return true;
  }

private:
  void swap(map_result& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(handle_, other.handle_);
    std::swap(size_, other.size_);
  }

  const serval_host* host_ = nullptr;
  serval_map* handle_ = nullptr;
  std::size_t size_ = 0;
};

static_assert(std::input_iterator<map_result::iterator>);

} // namespace serval
