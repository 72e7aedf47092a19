#include "backend/spawner.hpp"

#include "backend/plugin_image.hpp"
#include "backend/worker_program.hpp"
#include "base/assert.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace serval {

namespace {

/// Above every number that a child gets, so that no descriptor is overwritten
/// before it is copied.
constexpr int safe_fd_min = 10;

/// Where a child finds the program that it becomes.
constexpr auto program_path = "/proc/self/fd/6";
static_assert(worker_program_fd == 6);

error cannot_start(int number) {
  return {errc::unavailable,
          std::string{"cannot start a worker process: "}
            + std::strerror(number)};
}

result<unique_fd> open_program(const std::string& path) {
  if (path.empty())
    return worker_program();
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file)
    return error{errc::unavailable,
                 "cannot start a process of " + path + ": "
                   + std::strerror(errno)};
  return file;
}

struct spawn_actions {
  spawn_actions() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }

  ~spawn_actions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }

  spawn_actions(const spawn_actions&) = delete;
  spawn_actions& operator=(const spawn_actions&) = delete;

  /// What a child inherits; `plugin_fd` may be -1.
  void pass(int program_fd, int socket_fd, int board_fd, int plugin_fd) {
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    // What user code prints belongs to the log, not to our own output.
    posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, socket_fd, worker_socket_fd);
    posix_spawn_file_actions_adddup2(&files, board_fd, worker_board_fd);
    if (plugin_fd >= 0)
      posix_spawn_file_actions_adddup2(&files, plugin_fd, worker_plugin_fd);
    else
      posix_spawn_file_actions_addclose(&files, worker_plugin_fd);
    posix_spawn_file_actions_adddup2(&files, program_fd, worker_program_fd);
    posix_spawn_file_actions_addclosefrom_np(&files, worker_program_fd + 1);
  }

  /// Nothing of our signal handling, and a process group of its own.
  void detach() {
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF
                                            | POSIX_SPAWN_SETSIGMASK
                                            | POSIX_SPAWN_SETPGROUP);
  }

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

struct socket_pair {
  unique_fd ours;
  unique_fd theirs;
};

result<socket_pair> make_sockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return cannot_start(errno);
  socket_pair pair{unique_fd{ends[0]}, unique_fd{ends[1]}};
  ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  pair.theirs = unique_fd{
    ::fcntl(pair.theirs.get(), F_DUPFD_CLOEXEC, safe_fd_min)};
  if (!pair.theirs)
    return cannot_start(errno);
  return pair;
}

/// A list as the kernel takes it; valid as long as `words` are.
std::vector<char*> to_pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& each : words)
    out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

result<pid_t> start_process(const spawn_order& order, int program_fd,
                            int socket_fd, int board_fd, int plugin_fd) {
  auto words = order.arguments;
  words.insert(words.begin(), "serval");
  auto arguments = to_pointers(words);
  auto variables = order.environment.value_or(std::vector<std::string>{});
  auto environment = to_pointers(variables);
  spawn_actions actions;
  actions.pass(program_fd, socket_fd, board_fd, plugin_fd);
  actions.detach();
  pid_t pid = 0;
  int failed = ::posix_spawn(&pid, program_path, &actions.files,
                             &actions.attributes, arguments.data(),
                             order.environment ? environment.data() : environ);
  if (failed != 0)
    return cannot_start(failed);
  return pid;
}

/// The process by its own number too, since it may have left its group.
void kill_group(pid_t leader) {
  ::kill(-leader, SIGKILL);
  ::kill(leader, SIGKILL);
}

struct child {
  unique_fd pidfd;
  /// Keeps the image for those that come later.
  std::shared_ptr<plugin_image> image;
  spawner::on_exit exited;
};

struct spawn_command {
  spawn_order order;
  spawner::on_spawned spawned;
  spawner::on_exit exited;
};

} // namespace

struct spawner::state : std::enable_shared_from_this<state> {
  explicit state(std::string path);

  void wake();
  void run();
  bool take_commands();
  void wait_for_events();
  void spawn(spawn_command& command);
  void kill(pid_t pid);
  result<void> have_program();
  result<spawned_process> try_spawn(spawn_command& command);
  result<std::shared_ptr<plugin_image>> image_of(const spawn_order& order);
  void reap(pid_t pid);
  void end_all();

  unique_fd events{::epoll_create1(EPOLL_CLOEXEC)};
  unique_fd wake_up{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  const std::string program_file;
  /// Opened for the first process.
  unique_fd program;
  std::unordered_map<pid_t, child> children;
  std::map<std::string, std::weak_ptr<plugin_image>> images;

  std::mutex mutex;
  std::vector<spawn_command> to_spawn;
  std::vector<pid_t> to_kill;
  bool stopping = false;

  std::thread thread;
};

spawner::state::state(std::string path)
  : program_file(std::move(path)) {
  SERVAL_ASSERT(events && wake_up);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;
  ::epoll_ctl(events.get(), EPOLL_CTL_ADD, wake_up.get(), &event);
}

void spawner::state::wake() {
  std::uint64_t one = 1;
  // It fails only if the counter is full, and then the thread is awake anyway.
  [[maybe_unused]] auto written = ::write(wake_up.get(), &one, sizeof(one));
}

void spawner::state::run() {
  pthread_setname_np(pthread_self(), "spawner");
  while (take_commands())
    wait_for_events();
  end_all();
}

bool spawner::state::take_commands() {
  std::vector<spawn_command> spawns;
  std::vector<pid_t> kills;
  {
    std::lock_guard guard{mutex};
    if (stopping)
      return false;
    spawns.swap(to_spawn);
    kills.swap(to_kill);
  }
  // Only unreaped children are killed, so that no other process can have got
  // the number in between.
  for (auto pid : kills)
    if (children.contains(pid))
      kill_group(pid);
  for (auto& each : spawns)
    spawn(each);
  return true;
}

void spawner::state::wait_for_events() {
  std::array<epoll_event, 64> ready;
  int count = ::epoll_wait(events.get(), ready.data(),
                           static_cast<int>(ready.size()), -1);
  for (int i = 0; i < count; ++i) {
    auto pid = static_cast<pid_t>(ready[static_cast<std::size_t>(i)].data.u64);
    if (pid != 0) {
      reap(pid);
    } else {
      std::uint64_t ignored = 0;
      [[maybe_unused]] auto got
        = ::read(wake_up.get(), &ignored, sizeof(ignored));
    }
  }
}

void spawner::state::spawn(spawn_command& command) {
  command.spawned(try_spawn(command));
}

result<std::shared_ptr<plugin_image>>
spawner::state::image_of(const spawn_order& order) {
  if (order.plugin_path.empty())
    return std::shared_ptr<plugin_image>{};
  std::erase_if(images, [](auto& each) { return each.second.expired(); });
  if (auto found = images[order.plugin_sha256].lock())
    return found;
  auto loaded = plugin_image::load(order.plugin_path, order.plugin_sha256);
  if (!loaded)
    return loaded.error();
  auto image = std::make_shared<plugin_image>(std::move(*loaded));
  images[order.plugin_sha256] = image;
  return image;
}

result<void> spawner::state::have_program() {
  if (program)
    return {};
  auto opened = open_program(program_file);
  if (!opened)
    return opened.error();
  program.reset(::fcntl(opened->get(), F_DUPFD_CLOEXEC, safe_fd_min));
  if (!program)
    return cannot_start(errno);
  return {};
}

result<spawned_process> spawner::state::try_spawn(spawn_command& command) {
  if (auto ready = have_program(); !ready)
    return ready.error();
  auto image = image_of(command.order);
  if (!image)
    return image.error();
  unique_fd plugin;
  if (*image) {
    plugin.reset(::fcntl((*image)->fd(), F_DUPFD_CLOEXEC, safe_fd_min));
    if (!plugin)
      return cannot_start(errno);
  }
  auto sockets = make_sockets();
  if (!sockets)
    return sockets.error();
  auto board = call_board::make();
  if (!board)
    return board.error();
  unique_fd board_fd{
    ::fcntl(board->fd(), F_DUPFD_CLOEXEC, safe_fd_min)};
  if (!board_fd)
    return cannot_start(errno);
  auto pid = start_process(command.order, program.get(),
                           sockets->theirs.get(), board_fd.get(),
                           plugin.get());
  if (!pid)
    return pid.error();
  // glibc 2.36 declares pidfd_open, but not for C++.
  unique_fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0))};
  if (!pidfd) {
    auto why = cannot_start(errno);
    kill_group(*pid);
    ::waitpid(*pid, nullptr, 0);
    return why;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(*pid);
  ::epoll_ctl(events.get(), EPOLL_CTL_ADD, pidfd.get(), &event);
  children.emplace(*pid, child{std::move(pidfd), std::move(*image),
                               std::move(command.exited)});
  auto kill = [weak = weak_from_this(), pid = *pid] {
    if (auto alive = weak.lock())
      alive->kill(pid);
  };
  return spawned_process{*pid, std::move(kill), std::move(sockets->ours),
                         std::move(*board)};
}

void spawner::state::kill(pid_t pid) {
  {
    std::lock_guard guard{mutex};
    to_kill.push_back(pid);
  }
  wake();
}

void spawner::state::reap(pid_t pid) {
  auto found = children.find(pid);
  if (found == children.end())
    return;
  // While its leader is not reaped, the group's number cannot be another's.
  kill_group(pid);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0
         && errno == EINTR)
    ; // nop
  auto exited = std::move(found->second.exited);
  children.erase(found);
  exited({info.si_code != CLD_EXITED, info.si_status});
}

void spawner::state::end_all() {
  for (auto& [pid, each] : children)
    kill_group(pid);
  while (!children.empty())
    reap(children.begin()->first);
  for (auto& each : to_spawn)
    each.spawned(error{errc::unavailable, "the node is shutting down"});
}

spawner::spawner(std::string program)
  : state_(std::make_shared<state>(std::move(program))) {
  state_->thread = std::thread{[this] { state_->run(); }};
}

spawner::~spawner() {
  {
    std::lock_guard guard{state_->mutex};
    state_->stopping = true;
  }
  state_->wake();
  state_->thread.join();
}

void spawner::spawn(spawn_order order, on_spawned spawned, on_exit exited) {
  {
    std::lock_guard guard{state_->mutex};
    state_->to_spawn.push_back(
      {std::move(order), std::move(spawned), std::move(exited)});
  }
  state_->wake();
}

} // namespace serval
