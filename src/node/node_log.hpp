#pragma once

#include "base/result.hpp"
#include "config/node_config.hpp"
#include "model/ids.hpp"
#include "proxy/access_log.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace serval {

/// A line that user code wrote, or that is about one worker.
struct worker_line {
  std::string_view app;
  std::string_view backend;
  worker_id worker;
  std::string_view request_id;
  std::uint32_t level = 0; ///< A serval_log_level.
  std::string_view text;
};

/// The operator's log. Writing never blocks its caller: lines go to a thread of
/// their own, and the oldest are dropped when it is behind. Thread-safe.
class node_log {
public:
  static result<std::unique_ptr<node_log>> open(const log_section& config);

  virtual ~node_log() = default;

  virtual void write(log_level level, std::string_view event,
                     std::string_view text)
    = 0;

  virtual void write(const worker_line& line) = 0;

  /// For the access logs of all loops.
  virtual access_log_sink& access() = 0;

  /// Lines that were lost so far: they could not be written, or the thread that
  /// writes them was behind.
  struct losses {
    std::uint64_t unwritable = 0;
    std::uint64_t behind = 0;
  };

  virtual losses lost_lines() const = 0;

  /// Goes on in a new file where the old one has been moved away.
  virtual result<void> reopen() = 0;

  /// Writes out what is waiting, for at most a second.
  virtual void flush() = 0;
};

} // namespace serval
