#include "sandbox/confinement.hpp"

#include "sandbox/landlock.hpp"
#include "sandbox/syscall_filter.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace serval {

namespace {

error cannot(const std::string& what) {
  return {errc::unavailable,
          "cannot enter the sandbox: " + what + ": " + std::strerror(errno)};
}

/// Shared memory is not counted by this limit, but a strict process cannot have
/// any.
result<void> limit_memory(std::uint64_t bytes) {
  if (bytes == 0)
    return {};
  rlimit limit{bytes, bytes};
  if (::setrlimit(RLIMIT_DATA, &limit) != 0)
    return cannot("limit its memory");
  return {};
}

/// What makes root more than the owner of its files.
result<void> drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0)
    return cannot("drop capabilities");
  return {};
}

} // namespace

result<void> confine(const confinement& how) {
  if (auto limited = limit_memory(how.memory_max_bytes); !limited)
    return limited;
  if (!how.strict)
    return {};
  // Landlock and the filter both want this, unless the process is root's.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return cannot("give up privileges");
  if (landlock_version() > 0)
    if (auto restricted = restrict_files(how.read); !restricted)
      return restricted;
  if (auto dropped = drop_capabilities(); !dropped)
    return dropped;
  if (!can_filter_syscalls())
    return {};
  return filter_syscalls();
}

std::vector<std::string> missing_protection() {
  std::vector<std::string> missing;
  if (landlock_version() == 0)
    missing.emplace_back("the kernel has no Landlock: worker processes can "
                         "read every file that the daemon's user can");
  if (!can_filter_syscalls())
    missing.emplace_back("the kernel has no seccomp filters: worker processes "
                         "can use the network and signal other processes");
  return missing;
}

} // namespace serval
