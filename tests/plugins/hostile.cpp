// Tries what a sandbox forbids. Only for tests, which say what may succeed.

#include "serval/serval.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <thread>

namespace {

using std::string;

/// What the last system call came to.
string outcome(long value) {
  return value >= 0 ? "done" : strerrorname_np(errno);
}

string close_and_tell(int fd) {
  auto told = outcome(fd);
  if (fd >= 0)
    ::close(fd);
  return told;
}

/// What user code that runs before anything else could do.
const string at_load = close_and_tell(::socket(AF_UNIX, SOCK_STREAM, 0));

string open_file(const string& path, int flags) {
  return close_and_tell(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

/// To a port on this machine.
string connect_to(const string& port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return outcome(fd);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  to.sin_port = ::htons(static_cast<std::uint16_t>(std::stoi(port)));
  auto told
    = outcome(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)));
  ::close(fd);
  return told;
}

string find_variable(const string& name) {
  errno = ENOENT;
  return outcome(::getenv(name.c_str()) != nullptr ? 0 : -1);
}

string fork_child(const string&) {
  auto child = ::fork();
  if (child == 0)
    ::_exit(0);
  auto told = outcome(child);
  if (child > 0)
    ::waitpid(child, nullptr, 0);
  return told;
}

/// Replaces the process, unless it is not allowed.
string execute(const string& program) {
  char* arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  return outcome(::execve(program.c_str(), arguments, nullptr));
}

string trace(const string& pid) {
  auto victim = std::stoi(pid);
  auto told = outcome(::ptrace(PTRACE_SEIZE, victim, nullptr, nullptr));
  if (told == "done") {
    ::ptrace(PTRACE_INTERRUPT, victim, nullptr, nullptr);
    ::waitpid(victim, nullptr, __WALL);
    ::ptrace(PTRACE_DETACH, victim, nullptr, nullptr);
  }
  return told;
}

string kill_process(const string& pid) {
  return outcome(::kill(std::stoi(pid), SIGKILL));
}

string start_thread(const string&) {
  string told;
  std::thread{[&] { told = "done"; }}.join();
  return told;
}

string allocate(const string& bytes, int flags) {
  auto size = std::stoull(bytes);
  auto* got = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                     flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (got == MAP_FAILED)
    return outcome(-1);
  ::munmap(got, size);
  return "done";
}

/// Garbage for all that the process may have inherited.
string write_to_all(const string&) {
  const string garbage(4096, '\xff');
  for (int fd = 3; fd < 1024; ++fd)
    static_cast<void>(!::write(fd, garbage.data(), garbage.size()));
  return "done";
}

string raise_limit(const string&) {
  rlimit more{RLIM_INFINITY, RLIM_INFINITY};
  return outcome(::setrlimit(RLIMIT_CORE, &more));
}

string spoil_log(const string&) {
  return outcome(::lseek(STDERR_FILENO, 0, SEEK_CUR));
}

string copy_of_log(const string&) {
  return close_and_tell(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
}

string change_log_flags(const string&) {
  return outcome(
    ::fcntl(STDERR_FILENO, F_SETFL, ::fcntl(STDERR_FILENO, F_GETFL)));
}

string count_events(const string&) {
  perf_event_attr attribute{};
  attribute.size = sizeof(attribute);
  attribute.type = PERF_TYPE_SOFTWARE;
  return close_and_tell(static_cast<int>(
    ::syscall(SYS_perf_event_open, &attribute, 0, -1, -1, 0)));
}

using attempt = string (*)(const string& argument);

const std::map<string, attempt, std::less<>> attempts = {
  {"at_load", [](const string&) { return at_load; }},
  {"socket",
   [](const string&) {
     return close_and_tell(::socket(AF_INET6, SOCK_DGRAM, 0));
   }},
  {"socketpair",
   [](const string&) {
     int ends[2];
     return outcome(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
   }},
  {"connect", connect_to},
  {"read", [](const string& path) { return open_file(path, O_RDONLY); }},
  {"list",
   [](const string& path) { return open_file(path, O_RDONLY | O_DIRECTORY); }},
  {"write", [](const string& path) { return open_file(path, O_WRONLY); }},
  {"create",
   [](const string& path) { return open_file(path, O_WRONLY | O_CREAT); }},
  {"truncate",
   [](const string& path) { return outcome(::truncate(path.c_str(), 0)); }},
  {"chmod",
   [](const string& path) { return outcome(::chmod(path.c_str(), 0644)); }},
  {"rename",
   [](const string& path) {
     return outcome(::rename(path.c_str(), (path + ".moved").c_str()));
   }},
  {"mkdir",
   [](const string& path) { return outcome(::mkdir(path.c_str(), 0700)); }},
  {"remove",
   [](const string& path) { return outcome(::unlink(path.c_str())); }},
  {"environment", find_variable},
  {"fork", fork_child},
  {"exec", execute},
  {"ptrace", trace},
  {"kill", kill_process},
  {"leave_group", [](const string&) { return outcome(::setpgid(0, 0)); }},
  {"thread", start_thread},
  {"memory",
   [](const string& bytes) { return allocate(bytes, MAP_PRIVATE); }},
  {"shared_memory",
   [](const string& bytes) { return allocate(bytes, MAP_SHARED); }},
  {"memfd",
   [](const string&) { return close_and_tell(::memfd_create("x", 0)); }},
  {"write_fds", write_to_all},
  {"limits", raise_limit},
  {"log_position", spoil_log},
  {"log_copy", copy_of_log},
  {"log_flags", change_log_flags},
  {"perf", count_events},
  {"unshare",
   [](const string&) { return outcome(::syscall(SYS_unshare, 0)); }},
};

/// "ATTEMPT ARGUMENT": answers "done" or the name of the error.
struct hostile : serval::backend {
  string handle(serval::context&, std::string_view request) override {
    auto space = request.find(' ');
    auto found = attempts.find(request.substr(0, space));
    if (found == attempts.end())
      throw serval::reject(400, "there is no such attempt");
    return found->second(space == request.npos
                           ? string{}
                           : string{request.substr(space + 1)});
  }
};

} // namespace

SERVAL_EXPORT(serval::as<hostile>("hostile"));
