#include "sandbox/syscall_filter.hpp"

#include "sandbox/in_child.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>

using namespace serval;

namespace {

/// What `attempt` returns, or the error that it fails with.
template <class F>
int filtered(F attempt) {
  return in_child([&] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!filter_syscalls())
      return 255;
    return attempt() < 0 ? errno : 0;
  });
}

} // namespace

TEST_CASE("the network, other processes and new files are denied"
          * doctest::skip(!can_filter_syscalls())) {
  auto parent = ::getpid();
  CHECK(filtered([] { return ::socket(AF_INET, SOCK_STREAM, 0); }) == EPERM);
  CHECK(filtered([&] { return ::kill(parent, 0); }) == EPERM);
  CHECK(filtered([] { return ::kill(-1, 0); }) == EPERM);
  CHECK(filtered([] { return ::fork(); }) == EPERM);
  CHECK(filtered([] { return ::syscall(SYS_memfd_create, "x", 0); }) == EPERM);
  CHECK(filtered([] { return ::syscall(SYS_io_uring_setup, 1, nullptr); })
        == EPERM);
}

TEST_CASE("what libraries can do without looks as if the kernel lacked it"
          * doctest::skip(!can_filter_syscalls())) {
  CHECK(filtered([] { return ::syscall(SYS_clone3, nullptr, 0); }) == ENOSYS);
  CHECK(filtered([] { return ::syscall(100'000); }) == ENOSYS);
}

TEST_CASE("a process may still signal itself and have memory"
          * doctest::skip(!can_filter_syscalls())) {
  CHECK(filtered([] { return ::kill(::getpid(), 0); }) == 0);
  CHECK(filtered([] {
          auto* got = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return got == MAP_FAILED ? -1 : 0;
        })
        == 0);
}
