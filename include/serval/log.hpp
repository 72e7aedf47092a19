#pragma once

// Lines for the operator's log.

#include "serval/plugin.h"

#include <string_view>

namespace serval {

namespace detail {

/// The host's table, set once while the plugin is loaded. Hidden, so that two
/// plugins in one process never share it.
[[gnu::visibility("hidden")]] inline const serval_host* host = nullptr;

inline serval_bytes bytes_of(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

inline std::string_view view_of(serval_bytes bytes) noexcept {
  return bytes.size == 0 ? std::string_view{}
                         : std::string_view{bytes.data, bytes.size};
}

} // namespace detail

/// Writes to the operator's log. A line carries the application, the backend
/// and, when it comes from `context::log`, the id of the request. The text is
/// copied; line breaks in it are escaped by the host. Never blocks on a disk.
class plugin_logger {
public:
  plugin_logger(const serval_host* host, serval_call* call) noexcept
    : host_(host), call_(call) {
    // nop
  }

  void debug(std::string_view text) const noexcept {
    write(SERVAL_LOG_DEBUG, text);
  }

  void info(std::string_view text) const noexcept {
    write(SERVAL_LOG_INFO, text);
  }

  void warning(std::string_view text) const noexcept {
    write(SERVAL_LOG_WARNING, text);
  }

  void error(std::string_view text) const noexcept {
    write(SERVAL_LOG_ERROR, text);
  }

private:
  void write(serval_log_level level, std::string_view text) const noexcept {
    if (host_)
      host_->log(call_, static_cast<std::uint32_t>(level),
                 detail::bytes_of(text));
  }

  const serval_host* host_;
  serval_call* call_;
};

/// The log outside `handle`: in constructors, `warm_up`, `reconfigure`,
/// `health`, or a thread of the plugin's own. Any thread may use it.
inline plugin_logger plugin_log() noexcept {
  return {detail::host, nullptr};
}

} // namespace serval
