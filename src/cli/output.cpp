#include "cli/output.hpp"

#include "cli/exit_code.hpp"
#include "cli/text_table.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace serval {

namespace {

result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return error{errc::internal,
                   fmt::format("cannot write the output: {}",
                               std::strerror(errno))};
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

bool is_set(const char* name) {
  const auto* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

} // namespace

void prepare_streams() {
  ::signal(SIGPIPE, SIG_IGN);
  // Opened for reading only, a stand-in for a closed output still refuses
  // writes, so that the loss is noticed.
  for (int fd : {0, 1, 2})
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      static_cast<void>(::open("/dev/null", O_RDONLY));
}

result<void> write_stdout(std::string_view text) {
  return write_all(STDOUT_FILENO, text);
}

void write_stderr(std::string_view text) {
  static_cast<void>(write_all(STDERR_FILENO, text).has_value());
}

bool stderr_is_live() {
  const auto* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && kind != nullptr
         && std::string_view{kind} != "dumb";
}

bool stdout_has_colours() {
  return ::isatty(STDOUT_FILENO) != 0 && !is_set("NO_COLOR");
}

int fail(const error& what) {
  write_stderr("serval: " + printable(what.message, true) + "\n");
  return what.code == daemon_unreachable ? exit_unreachable : exit_failed;
}

int finish(std::string_view text) {
  if (auto written = write_stdout(text); !written)
    return fail(written.error());
  return exit_ok;
}

} // namespace serval
