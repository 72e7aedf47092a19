#include "load/request_log.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>

namespace serval {

namespace {

constexpr std::string_view heading
  = "id,intended_ns,sent_ns,done_ns,status,worker,attempt,body\n";

} // namespace

void append_log_line(std::string& out, const request_record& request) {
  fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},", request.id,
                 request.intended.count(), request.sent.count(),
                 request.done.count(), to_string(request.end), request.worker,
                 request.attempt);
  if (request.body)
    fmt::format_to(std::back_inserter(out), "{}", *request.body);
  out += '\n';
}

result<std::unique_ptr<request_log>>
request_log::open(const std::string& path) {
  unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                      0644)};
  if (!fd)
    return error{errc::bad_request, fmt::format("cannot write the log {}: {}",
                                                path, std::strerror(errno))};
  std::unique_ptr<request_log> log{new request_log(path, std::move(fd))};
  log->write(heading);
  return log;
}

request_log::request_log(std::string path, unique_fd fd)
  : path_(std::move(path)), fd_(std::move(fd)) {
  // nop
}

void request_log::write(std::string_view lines) {
  std::lock_guard guard{mutex_};
  while (!lines.empty() && failed_ == 0) {
    auto count = ::write(fd_.get(), lines.data(), lines.size());
    if (count >= 0)
      lines.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR)
      failed_ = errno;
  }
}

result<void> request_log::check() {
  std::lock_guard guard{mutex_};
  if (failed_ == 0)
    return {};
  return error{errc::internal,
               fmt::format("cannot write the log {}: {}; it is not complete",
                           path_, std::strerror(failed_))};
}

} // namespace serval
