#include "cli/token_file.hpp"

#include "auth/bearer_token.hpp"
#include "base/private_file.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace serval {

result<std::string> read_token_file(const std::string& path) {
  auto text = read_private_file(path, private_to::owner, "the token file");
  if (!text)
    return text;
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
    text->pop_back();
  if (!bearer_token("Bearer " + *text))
    return error{errc::bad_request,
                 "cannot use the token file " + path
                   + ": it must hold one token and nothing else"};
  return text;
}

result<void> add_token(const std::string& path, const token_entry& entry) {
  // Made with its mode, so that it is never open to others.
  unique_fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                        0600)};
  if (!file)
    return error{errc::unavailable, "cannot write " + path + ": "
                                      + std::strerror(errno)};
  auto before = read_private_file(path, private_to::owner, "the tokens");
  if (!before)
    return before.error();
  auto line = to_line(entry);
  if (!before->empty() && before->back() != '\n')
    line.insert(0, 1, '\n');
  if (auto after = token_table::parse(*before + line, path); !after)
    return after.error();
  // One write, so that a node that reads meanwhile sees the line or not.
  if (::write(file.get(), line.data(), line.size())
      != static_cast<ssize_t>(line.size()))
    return error{errc::unavailable, "cannot write " + path + ": "
                                      + std::strerror(errno)};
  return {};
}

} // namespace serval
