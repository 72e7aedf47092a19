#pragma once

#include "base/assert.hpp"
#include "base/errc.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace serval {

/// An operating error: what kind, and a sentence that says what was attempted,
/// on what, and what the operator can do.
struct error {
  errc code = errc::internal;
  std::string message;

  friend bool operator==(const error&, const error&) = default;
};

/// A value or an error. `std::expected` is not in C++20.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {
    // nop
  }

  result(serval::error what) : state_(std::in_place_index<1>, std::move(what)) {
    // nop
  }

  bool has_value() const noexcept {
    return state_.index() == 0;
  }

  explicit operator bool() const noexcept {
    return has_value();
  }

  /// REQUIRES: has_value()
  T& value() & {
    SERVAL_ASSERT(has_value());
    return *std::get_if<0>(&state_);
  }

  const T& value() const& {
    SERVAL_ASSERT(has_value());
    return *std::get_if<0>(&state_);
  }

  T&& value() && {
    SERVAL_ASSERT(has_value());
    return std::move(*std::get_if<0>(&state_));
  }

  T& operator*() & {
    return value();
  }

  const T& operator*() const& {
    return value();
  }

  T&& operator*() && {
    return std::move(*this).value();
  }

  T* operator->() {
    return &value();
  }

  const T* operator->() const {
    return &value();
  }

  /// REQUIRES: !has_value()
  const serval::error& error() const {
    SERVAL_ASSERT(!has_value());
    return *std::get_if<1>(&state_);
  }

private:
  std::variant<T, serval::error> state_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;

  result(serval::error what) : error_(std::move(what)) {
    // nop
  }

  bool has_value() const noexcept {
    return !error_;
  }

  explicit operator bool() const noexcept {
    return has_value();
  }

  const serval::error& error() const {
    SERVAL_ASSERT(error_);
    return *error_;
  }

private:
  std::optional<serval::error> error_;
};

} // namespace serval
