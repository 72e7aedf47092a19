#pragma once

#include "base/time.hpp"

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>

namespace serval::simulation {

/// A promise was broken.
struct violation {
  std::string promise;
  std::string text;
};

/// Watches a world for one promise, and says when it saw it broken.
class watcher {
public:
  explicit watcher(std::string_view name) : name_(name) {
    // nop
  }

  virtual ~watcher() = default;

  const std::string& name() const noexcept {
    return name_;
  }

  /// How the promise was broken, if it was.
  const std::optional<std::string>& broken() const noexcept {
    return broken_;
  }

  /// Set by the world before each call.
  time_point now;

protected:
  template <class... Ts>
  void broke(fmt::format_string<Ts...> format, Ts&&... args) {
    if (!broken_)
      broken_ = fmt::format(format, std::forward<Ts>(args)...);
  }

private:
  std::string name_;
  std::optional<std::string> broken_;
};

} // namespace serval::simulation
