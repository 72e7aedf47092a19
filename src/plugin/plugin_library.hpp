#pragma once

#include "base/result.hpp"
#include "plugin/dl_library.hpp"
#include "serval/plugin.h"

#include <span>
#include <string>
#include <string_view>

namespace serval {

/// A loaded plugin that has passed the handshake. Loading runs the plugin's
/// code, which may block, crash or end the process: a plugin that is not
/// trusted is loaded in a process of its own.
class plugin_library {
public:
  /// Loads the plugin at `path`. `host` outlives the plugin_library.
  static result<plugin_library> open(const std::string& path,
                                     const serval_host& host);

  /// Loads the plugin behind `fd`, which may be closed afterwards. `label`
  /// stands for it in messages.
  static result<plugin_library> open_fd(int fd, std::string label,
                                        const serval_host& host);

  /// What the plugin offers, at least one. Lives as long as the library.
  std::span<const serval_backend_type* const> backends() const noexcept {
    return {plugin_->backends, plugin_->backend_count};
  }

  /// The backend of that name, or null.
  const serval_backend_type* find_backend(std::string_view name) const noexcept;

  /// The version of the SDK that the plugin was built with; may be empty.
  std::string_view sdk_version() const noexcept {
    return plugin_->sdk_version ? plugin_->sdk_version : "";
  }

  /// See `dl_library::unload`. REQUIRES: all instances are destroyed.
  result<void> unload() {
    return library_.unload();
  }

private:
  plugin_library(dl_library library, const serval_plugin* plugin)
    : library_(std::move(library)), plugin_(plugin) {
    // nop
  }

  static result<plugin_library> greet(dl_library library,
                                      const serval_host& host);

  dl_library library_;
  const serval_plugin* plugin_;
};

} // namespace serval
