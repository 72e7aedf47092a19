#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace serval {

/// Writes log lines to a file descriptor. What cannot be written, because the
/// disk is full for instance, is lost and counted: nobody waits for room, and
/// the line after it is whole again.
class log_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit log_sink(unique_fd fd, std::string path = {})
    : fd_(std::move(fd)), path_(std::move(path)) {
    // nop
  }

  /// Opens a file to append to; standard error if `path` is empty.
  static result<std::shared_ptr<log_sink>> open(const std::string& path);

  /// Opens the file anew, since what it was may have been moved away; writes on
  /// into the old one if that fails. Nothing to do for standard error. Any
  /// thread.
  result<void> reopen();

  /// Lines lost so far. Any thread.
  std::uint64_t lost_lines() const noexcept {
    return lost_lines_.load(std::memory_order_relaxed);
  }

protected:
  void sink_it_(const spdlog::details::log_msg& message) override;

  void flush_() override {
    // nop
  }

private:
  void write(std::string_view lines);

  unique_fd fd_;
  std::string path_;
  /// The last line in the file has no end.
  bool torn_ = false;
  std::atomic<std::uint64_t> lost_lines_ = 0;
};

} // namespace serval
