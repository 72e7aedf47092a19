#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "load/request_end.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace serval {

/// The line of one request in a log: its number, when it was intended, sent and
/// done in nanoseconds since the run began, its status, its worker if that is
/// known, how often it was sent before, and which body of the mix it had.
void append_log_line(std::string& out, const request_record& request);

/// A CSV file with a line per request, in the order in which they ended on
/// each thread. Any thread.
class request_log {
public:
  /// Replaces the file, and writes the heading.
  static result<std::unique_ptr<request_log>> open(const std::string& path);

  /// Whole lines.
  void write(std::string_view lines);

  /// What went wrong so far, such as a full disk.
  result<void> check();

private:
  request_log(std::string path, unique_fd fd);

  std::string path_;
  std::mutex mutex_;
  unique_fd fd_;
  int failed_ = 0;
};

} // namespace serval
