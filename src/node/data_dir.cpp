#include "node/data_dir.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace serval {

namespace {

error os_error(const std::string& attempt, int code) {
  return {errc::unavailable, attempt + ": " + std::strerror(code)};
}

} // namespace

result<data_dir> data_dir::open(const std::string& path) {
  std::error_code problem;
  auto made = std::filesystem::create_directories(path, problem);
  if (problem)
    return error{errc::unavailable, "cannot create the data directory " + path
                                      + ": " + problem.message()
                                      + "; choose another with node.data_dir"};
  if (made)
    chmod(path.c_str(), 0700);
  auto lock_path = path + "/lock";
  unique_fd lock{::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (lock.get() < 0)
    return os_error("cannot write to the data directory " + path, errno);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return error{errc::conflict, "the data directory " + path
                                     + " is in use by another daemon; stop it "
                                       "or choose another with node.data_dir"};
    return os_error("cannot lock " + lock_path, errno);
  }
  return data_dir{path, std::move(lock)};
}

result<data_dir> data_dir::take_over(const std::string& path, unique_fd lock) {
  struct stat named{};
  struct stat held{};
  if (::stat((path + "/lock").c_str(), &named) != 0
      || ::fstat(lock.get(), &held) != 0 || named.st_dev != held.st_dev
      || named.st_ino != held.st_ino)
    return error{errc::conflict, "the data directory " + path
                                   + " is not that of the running daemon; "
                                     "restart it instead"};
  return data_dir{path, std::move(lock)};
}

void data_dir::remove_endpoints() const {
  ::unlink(endpoints_path().c_str());
}

result<void> data_dir::write_endpoints(const endpoints& where) const {
  // Addresses hold no character that JSON would want escaped.
  auto text = fmt::format(R"({{"http": "{}", "rpc": "{}", "admin": "{}")",
                          where.http, where.rpc, where.admin);
  if (!where.peers.empty())
    text += fmt::format(R"(, "cluster": "{}")", where.peers);
  text += "}\n";
  auto draft = endpoints_path() + ".new";
  unique_fd file{::open(draft.c_str(),
                        O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (file.get() < 0)
    return os_error("cannot write " + draft, errno);
  auto written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()))
    return os_error("cannot write " + draft, errno);
  if (::rename(draft.c_str(), endpoints_path().c_str()) != 0)
    return os_error("cannot write " + endpoints_path(), errno);
  return {};
}

} // namespace serval
