#include "node/log_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace serval {

namespace {

result<unique_fd> open_file(const std::string& path) {
  unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                      0644)};
  if (!fd)
    return error{errc::unavailable,
                 "cannot open the log file " + path + ": "
                   + std::strerror(errno)
                   + "; set log.file to a writable place"};
  return fd;
}

} // namespace

result<std::shared_ptr<log_sink>> log_sink::open(const std::string& path) {
  // Without a standard error every line is lost, and counted.
  if (path.empty())
    return std::make_shared<log_sink>(
      unique_fd{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)});
  auto fd = open_file(path);
  if (!fd)
    return fd.error();
  return std::make_shared<log_sink>(std::move(*fd), path);
}

result<void> log_sink::reopen() {
  if (path_.empty())
    return {};
  auto fd = open_file(path_);
  if (!fd)
    return fd.error();
  std::lock_guard held{mutex_};
  fd_ = std::move(*fd);
  torn_ = false;
  return {};
}

void log_sink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t text;
  formatter_->format(message, text);
  write({text.data(), text.size()});
}

void log_sink::write(std::string_view lines) {
  if (torn_ && ::write(fd_.get(), "\n", 1) == 1)
    torn_ = false;
  auto left = lines;
  while (!torn_ && !left.empty()) {
    auto count = ::write(fd_.get(), left.data(), left.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      break;
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  if (left.empty())
    return;
  if (auto written = lines.size() - left.size(); written > 0)
    torn_ = lines[written - 1] != '\n';
  lost_lines_.fetch_add(
    static_cast<std::uint64_t>(std::ranges::count(left, '\n')),
    std::memory_order_relaxed);
}

} // namespace serval
