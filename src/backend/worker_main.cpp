#include "backend/worker_main.hpp"

#include "backend/spawner.hpp"
#include "backend/control_thread.hpp"
#include "link/plain_loop.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

namespace serval {

namespace {

/// Files that user code may have open; a leak there stays there.
constexpr rlim_t files_max = 1024;

bool is_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof(type);
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

/// The process ends with the daemon, whatever happens to the link, and never
/// because of what a terminal or an init system sends to everybody: when it
/// ends is the daemon's decision.
void depend_on_daemon() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
    ::signal(number, SIG_IGN);
}

/// User code gets no more rights by what it executes, and its crashes leave
/// nothing behind.
void limit_rights() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  rlimit files{files_max, files_max};
  ::setrlimit(RLIMIT_NOFILE, &files);
  for (int fd : {worker_socket_fd, worker_board_fd, worker_plugin_fd})
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

} // namespace

int worker_main(int argc, char** argv) {
  if (!is_socket(worker_socket_fd)) {
    std::fputs("serval worker: only the daemon starts worker processes; see "
               "serval node --help\n",
               stderr);
    return 2;
  }
  // The kernel calls it by the number of a descriptor otherwise.
  ::prctl(PR_SET_NAME, "serval-worker");
  ::close(worker_program_fd);
  // What user code prints is not lost when the process is killed.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  depend_on_daemon();
  limit_rights();
  plain_loop loop;
  control_thread control{loop, worker_socket_fd, worker_plugin_fd,
                         argc > 3 ? argv[3] : "without a name",
                         call_board::adopt(worker_board_fd)};
  loop.run();
  return 0;
}

} // namespace serval
