#pragma once

#include "model/app_spec.hpp"
#include "serval/plugin.h"

#include <string>
#include <vector>

namespace serval {

/// A backend's settings in the form that plugin.h hands over. Owns its texts;
/// `get()` is valid as long as the object lives, also after it was moved.
class plugin_settings {
public:
  explicit plugin_settings(const settings& source);

  plugin_settings(plugin_settings&&) noexcept = default;
  plugin_settings& operator=(plugin_settings&&) noexcept = default;

  const serval_settings* get() const noexcept {
    return &view_;
  }

private:
  serval_bytes keep(std::string text);

  /// Never grows beyond what was reserved, so that the texts stay in place.
  std::vector<std::string> texts_;
  std::vector<serval_setting> items_;
  serval_settings view_{};
};

} // namespace serval
