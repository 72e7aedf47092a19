#include "sandbox/confinement.hpp"

#include "sandbox/in_child.hpp"
#include "sandbox/landlock.hpp"
#include "sandbox/syscall_filter.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

using namespace serval;

namespace {

constexpr std::uint64_t mib = 1 << 20;

template <class F>
int confined(const confinement& how, F attempt) {
  return in_child([&] {
    if (!confine(how))
      return 255;
    return attempt() < 0 ? errno : 0;
  });
}

int take_memory(std::uint64_t bytes) {
  auto* got = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return got == MAP_FAILED ? -1 : 0;
}

/// As `confined` by `{}`, with a kernel that lacks a system call; 254 if that
/// is not told.
template <class F>
int confined_without(long missing, F attempt) {
  return in_child([&] {
    sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(missing),
               0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program{4, code};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    if (missing_protection().size() != 1)
      return 254;
    if (!confine({}))
      return 255;
    return attempt() < 0 ? errno : 0;
  });
}

int open_socket() {
  return ::socket(AF_UNIX, SOCK_STREAM, 0);
}

} // namespace

TEST_CASE("memory ends at its limit, in the sandbox and without") {
  for (bool strict : {true, false}) {
    CAPTURE(strict);
    confinement how{strict, {}, 256 * mib};
    CHECK(confined(how, [] { return take_memory(1024 * mib); }) == ENOMEM);
    CHECK(confined(how, [] { return take_memory(16 * mib); }) == 0);
    how.memory_max_bytes = 0;
    CHECK(confined(how, [] { return take_memory(1024 * mib); }) == 0);
  }
}

TEST_CASE("no sandbox means no sandbox") {
  CHECK(confined({false, {}, 0}, open_socket) == 0);
}

TEST_CASE("a strict process has no network and no rights of root"
          * doctest::skip(!can_filter_syscalls())) {
  CHECK(confined({}, open_socket) == EPERM);
  CHECK(confined({}, [] {
          rlimit more{RLIM_INFINITY, RLIM_INFINITY};
          return ::setrlimit(RLIMIT_NOFILE, &more);
        })
        == EPERM);
}

TEST_CASE("without Landlock files can be read, and all else is denied"
          * doctest::skip(landlock_version() == 0 || !can_filter_syscalls())) {
  auto without = [](auto attempt) {
    return confined_without(SYS_landlock_create_ruleset, attempt);
  };
  CHECK(without([] { return ::open("/etc/passwd", O_RDONLY); }) == 0);
  CHECK(without([] { return ::open("/etc/passwd", O_WRONLY); }) == EACCES);
  CHECK(without(open_socket) == EPERM);
}

TEST_CASE("without a filter the network can be used, and files are denied"
          * doctest::skip(landlock_version() == 0 || !can_filter_syscalls())) {
  auto without
    = [](auto attempt) { return confined_without(SYS_seccomp, attempt); };
  CHECK(without(open_socket) == 0);
  CHECK(without([] { return ::open("/etc/passwd", O_RDONLY); }) == EACCES);
}

TEST_CASE("what the kernel lacks is told, and nothing else") {
  auto expected = static_cast<std::size_t>(landlock_version() == 0)
                  + static_cast<std::size_t>(!can_filter_syscalls());
  CHECK(missing_protection().size() == expected);
}
