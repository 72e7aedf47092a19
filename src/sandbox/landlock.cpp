#include "sandbox/landlock.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace serval {

namespace {

/// As newer kernels define it than the system's header, which knows files only.
/// A kernel takes the longer form as long as it need not heed the rest.
struct ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};

constexpr std::uint64_t bind_tcp = 1 << 0;
constexpr std::uint64_t connect_tcp = 1 << 1;
constexpr std::uint64_t abstract_sockets = 1 << 0;
constexpr std::uint64_t signals = 1 << 1;

constexpr std::uint64_t reads_of_files = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t reads_of_folders
  = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

/// What programs need to run at all. Those that a system lacks, it does not
/// need.
constexpr const char* system_paths[] = {
  "/usr",          "/lib",        "/lib64",      "/etc/ld.so.cache",
  "/etc/localtime", "/etc/timezone", "/proc/self", "/proc/cpuinfo",
  "/proc/meminfo", "/sys/devices/system/cpu", "/dev/null", "/dev/zero",
  "/dev/random",   "/dev/urandom",
};

/// Everything that the version can forbid.
ruleset all_of(int version) {
  ruleset all;
  // The first version ends with the making of symbolic links; then came
  // moving between folders, truncating, and commands for devices.
  auto rights = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
  all.files = (std::uint64_t{1} << rights) - 1;
  if (version >= 4)
    all.network = bind_tcp | connect_tcp;
  if (version >= 6)
    all.scoped = abstract_sockets | signals;
  return all;
}

error cannot(const std::string& what) {
  return {errc::unavailable,
          "cannot enter the sandbox: " + what + ": " + std::strerror(errno)};
}

/// Nothing if the path cannot be opened; then `errno` says why.
result<bool> allow_reading(int rules, const char* path) {
  unique_fd at{::open(path, O_PATH | O_CLOEXEC)};
  if (!at)
    return false;
  struct stat found {};
  if (::fstat(at.get(), &found) != 0)
    return false;
  landlock_path_beneath_attr below{};
  below.parent_fd = at.get();
  below.allowed_access
    = S_ISDIR(found.st_mode) ? reads_of_folders : reads_of_files;
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
                &below, 0)
      != 0)
    return cannot(std::string{"allow to read "} + path);
  return true;
}

} // namespace

int landlock_version() {
  auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

result<void> restrict_files(const std::vector<std::string>& paths) {
  auto all = all_of(landlock_version());
  unique_fd rules{static_cast<int>(
    ::syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0))};
  if (!rules)
    return cannot("make rules for files");
  for (auto* path : system_paths)
    if (auto allowed = allow_reading(rules.get(), path); !allowed)
      return allowed.error();
  for (auto& path : paths) {
    auto allowed = allow_reading(rules.get(), path.c_str());
    if (!allowed)
      return allowed.error();
    if (!*allowed)
      return cannot("\"" + path + "\" of its read paths");
  }
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0)
    return cannot("obey rules for files");
  return {};
}

} // namespace serval
