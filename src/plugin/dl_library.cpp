#include "plugin/dl_library.hpp"

#include "plugin/memory_map.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace serval {

namespace {

error cannot_load(const std::string& label, const std::string& why) {
  return {errc::bad_plugin, "cannot load plugin " + label + ": " + why};
}

/// The dynamic linker's words without the path that stands for a descriptor.
std::string without(const std::string& path, std::string_view message) {
  if (message.starts_with(path + ": "))
    message.remove_prefix(path.size() + 2);
  return std::string{message};
}

std::string read_maps() {
  std::ifstream file{"/proc/self/maps"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

file_identity identity_of(int fd) {
  struct stat found {};
  if (::fstat(fd, &found) != 0)
    return {};
  return {major(found.st_dev), minor(found.st_dev), found.st_ino};
}

} // namespace

result<dl_library> dl_library::open(const std::string& path) {
  char resolved[PATH_MAX];
  if (!::realpath(path.c_str(), resolved))
    return cannot_load(path, std::strerror(errno));
  dl_library opened;
  opened.label_ = path;
  opened.path_ = resolved;
  opened.fd_ = ::open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened.fd_ < 0)
    return cannot_load(path, std::strerror(errno));
  opened.handle_ = ::dlopen(resolved, RTLD_NOW | RTLD_LOCAL);
  if (!opened.handle_)
    return cannot_load(path, ::dlerror());
  return opened;
}

result<dl_library> dl_library::open_fd(int fd, std::string label) {
  dl_library opened;
  opened.label_ = std::move(label);
  opened.fd_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (opened.fd_ < 0)
    return cannot_load(opened.label_, std::strerror(errno));
  opened.path_ = "/proc/self/fd/" + std::to_string(opened.fd_);
  opened.handle_ = ::dlopen(opened.path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened.handle_)
    return cannot_load(opened.label_, without(opened.path_, ::dlerror()));
  return opened;
}

dl_library::dl_library(dl_library&& other) noexcept {
  swap(other);
}

dl_library& dl_library::operator=(dl_library&& other) noexcept {
  dl_library{std::move(other)}.swap(*this);
  return *this;
}

dl_library::~dl_library() {
  if (handle_)
    ::dlclose(handle_);
  handle_ = nullptr;
  // Should the library have stayed, its file descriptor must stay as well.
  if (fd_ >= 0 && !is_loaded())
    close_file();
}

void* dl_library::symbol(const char* name) const noexcept {
  return handle_ ? ::dlsym(handle_, name) : nullptr;
}

result<void> dl_library::unload() {
  SERVAL_ASSERT(handle_);
  ::dlclose(handle_);
  handle_ = nullptr;
  if (is_loaded())
    return error{errc::bad_plugin,
                 "plugin " + label_
                   + " stays in memory after it was unloaded; build it with "
                     "-fno-gnu-unique and without thread_local objects that "
                     "have destructors, and restart the node to free it"};
  close_file();
  return {};
}

bool dl_library::is_loaded() const {
  if (auto found = ::dlopen(path_.c_str(), RTLD_NOW | RTLD_NOLOAD)) {
    ::dlclose(found);
    return true;
  }
  return is_mapped(read_maps(), identity_of(fd_), path_);
}

void dl_library::close_file() noexcept {
  if (fd_ >= 0)
    ::close(fd_);
  fd_ = -1;
}

void dl_library::swap(dl_library& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(label_, other.label_);
}

} // namespace serval
