#include "cli/call_data.hpp"

#include "cli/plugin_path.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cstring>

namespace serval {

namespace {

result<std::string> read_stdin() {
  std::string bytes;
  std::array<char, 64 * 1024> part;
  while (true) {
    auto count = ::read(STDIN_FILENO, part.data(), part.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return error{errc::internal,
                   fmt::format("cannot read standard input: {}",
                               std::strerror(errno))};
    if (count == 0)
      return bytes;
    bytes.append(part.data(), static_cast<std::size_t>(count));
  }
}

} // namespace

result<std::string> read_call_data(const std::string& data) {
  if (data == "-")
    return read_stdin();
  if (data.starts_with('@'))
    return read_whole_file(data.substr(1));
  return data;
}

std::string_view guess_content_type(std::string_view body) noexcept {
  auto first = body.find_first_not_of(" \t\r\n");
  auto is_json = first != std::string_view::npos
                 && (body[first] == '{' || body[first] == '[');
  return is_json ? "application/json" : "application/octet-stream";
}

} // namespace serval
