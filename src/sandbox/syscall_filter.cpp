#include "sandbox/syscall_filter.hpp"

#include "sandbox/filter_program.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace serval {

namespace {

/// Calls that can do no harm whatever their arguments are, for what the process
/// has or may open.
constexpr long harmless[] = {
  // The link and the control thread; first, since they are the most frequent.
  SYS_recvmsg, SYS_sendmsg, SYS_epoll_wait, SYS_futex, SYS_recvfrom,
  SYS_sendto, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_epoll_ctl,
  SYS_epoll_create1, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime,
  SYS_timerfd_gettime, SYS_shutdown, SYS_getsockopt, SYS_setsockopt,
  SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6, SYS_pipe2,
  // Reading files.
  SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2, SYS_close,
  SYS_close_range, SYS_fstat, SYS_newfstatat, SYS_stat, SYS_lstat, SYS_statx,
  SYS_statfs, SYS_fstatfs, SYS_access, SYS_faccessat, SYS_faccessat2,
  SYS_readlink, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_fadvise64,
  SYS_readahead,
  // What user code prints.
  SYS_write, SYS_writev,
  // Memory.
  SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_membarrier,
  SYS_msync,
  // Threads and their signals.
  SYS_set_robust_list, SYS_get_robust_list, SYS_set_tid_address, SYS_rseq,
  SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam,
  SYS_sched_getscheduler, SYS_sched_get_priority_max,
  SYS_sched_get_priority_min, SYS_getcpu, SYS_rt_sigaction,
  SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigsuspend,
  SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall, SYS_exit,
  SYS_exit_group,
  // Time, randomness, and what the process is.
  SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_time,
  SYS_nanosleep, SYS_clock_nanosleep, SYS_getrandom, SYS_getpid, SYS_getppid,
  SYS_gettid, SYS_getpgrp, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
  SYS_getgroups, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_times,
  SYS_getrlimit,
};

/// What is newer than this list is answered as an older kernel would, so that
/// libraries take their older way.
constexpr long newest_known = SYS_set_mempolicy_home_node;

constexpr std::uint32_t anything_but_reading = O_ACCMODE | O_CREAT | O_TRUNC;

constexpr std::uint32_t shared_without_file = MAP_SHARED | MAP_ANONYMOUS;

filter_program make_program() {
  auto self = static_cast<std::uint32_t>(::getpid());
  filter_program program;
  program.answer_above(newest_known, ENOSYS);
  for (auto call : harmless)
    program.allow(call);
  // Also where Landlock is missing, and with the error that it gives.
  program.allow_if_bits(SYS_openat, 2, anything_but_reading, 0, EACCES);
  program.allow_if_bits(SYS_open, 1, anything_but_reading, 0, EACCES);
  program.allow_unless_bits(SYS_mmap, 3, shared_without_file);
  // Its arguments are in memory, where a filter cannot see them; glibc then
  // uses clone.
  program.answer(SYS_clone3, ENOSYS);
  program.answer(SYS_openat2, ENOSYS);
  program.allow_if_bits(SYS_clone, 0, CLONE_THREAD, CLONE_THREAD, EPERM);
  program.allow_if(SYS_kill, 0, {self});
  program.allow_if(SYS_tgkill, 0, {self});
  program.allow_if(SYS_prctl, 0, {PR_SET_NAME, PR_GET_NAME});
  // The standard streams are the daemon's, and so are their position and flags,
  // also by way of another descriptor.
  program.allow_unless(SYS_lseek, 0, {STDOUT_FILENO, STDERR_FILENO});
  program.deny_if(SYS_fcntl, 0, {STDOUT_FILENO, STDERR_FILENO});
  program.allow_if(SYS_fcntl, 1,
                   {F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC});
  program.allow_if(SYS_ioctl, 1, {TCGETS, TIOCGWINSZ, FIONREAD});
  program.allow_if_null(SYS_prlimit64, 2);
  program.answer_rest(EPERM);
  return program;
}

} // namespace

bool can_filter_syscalls() {
  std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

result<void> filter_syscalls() {
  auto program = make_program();
  auto code = program.code();
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_TSYNC, &code)
      == 0)
    return {};
  return error{errc::unavailable,
               std::string{"cannot enter the sandbox: filter system calls: "}
                 + std::strerror(errno)};
}

} // namespace serval
