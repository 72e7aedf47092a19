#include "upgrade/successor.hpp"

#include "backend/process_exit.hpp"
#include "upgrade/predecessor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace serval {

namespace {

constexpr duration look_every = std::chrono::milliseconds{100};

/// How long a process that said nothing more may take to be seen as ended.
constexpr int end_looks = 50;

time_point now() {
  return std::chrono::steady_clock::now();
}

std::vector<char*> to_pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& each : words)
    out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with_socket() {
  std::vector<std::string> out;
  for (auto** each = environ; *each != nullptr; ++each)
    out.emplace_back(*each);
  out.push_back(fmt::format("{}={}", handover_variable, handover_descriptor));
  return out;
}

/// A daemon like this one: its standard streams and its process group, so that
/// a terminal's signals reach it, and a socket.
result<pid_t> start_process(successor_plan& plan, int socket) {
  auto words = plan.arguments;
  words.insert(words.begin(), "serval");
  auto arguments = to_pointers(words);
  auto variables = environment_with_socket();
  auto environment = to_pointers(variables);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, socket, handover_descriptor);
  posix_spawn_file_actions_addclosefrom_np(&files, handover_descriptor + 1);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  int failed = ::posix_spawn(&pid, plan.binary.c_str(), &files, &attributes,
                             arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    return error{errc::unavailable, "cannot start " + plan.binary + ": "
                                      + std::strerror(failed)};
  return pid;
}

} // namespace

result<successor> successor::start(successor_plan plan) {
  auto ends = handover_channel::make_sockets();
  if (!ends)
    return ends.error();
  auto due = now() + plan.patience;
  auto pid = start_process(plan, ends->second.get());
  if (!pid)
    return pid.error();
  return successor{std::move(plan), *pid,
                   handover_channel{std::move(ends->first)}, due};
}

successor::successor(successor_plan plan, pid_t pid, handover_channel channel,
                     time_point due)
  : plan_(std::move(plan)), pid_(pid), channel_(std::move(channel)), due_(due) {
  // nop
}

successor::successor(successor&& other) noexcept
  : plan_(std::move(other.plan_)),
    pid_(std::exchange(other.pid_, 0)),
    channel_(std::move(other.channel_)),
    due_(other.due_) {
  // nop
}

successor::~successor() {
  end();
}

void successor::end() noexcept {
  if (pid_ == 0)
    return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

result<std::string> successor::meet() {
  auto said = await(handover_word::hello);
  if (!said)
    return said.error();
  auto hello = parse_hello(*said);
  if (!hello)
    return hello.error();
  if (hello->protocol_min > handover_protocol
      || hello->protocol_max < handover_protocol)
    return error{errc::conflict,
                 fmt::format("{} is version {}, which takes over by protocol "
                             "{} to {}, this daemon by {}; restart it instead",
                             plan_.binary, hello->version, hello->protocol_min,
                             hello->protocol_max, handover_protocol)};
  return hello->version;
}

result<void> successor::give_sockets(std::string_view name,
                                     std::string_view address,
                                     std::span<const int> sockets) {
  auto text = fmt::format("{} {}", name, address);
  while (!sockets.empty()) {
    auto count = std::min(sockets.size(), handover_channel::descriptors_max);
    auto sent = channel_.send(handover_word::socket, text,
                              sockets.first(count));
    if (!sent)
      return sent;
    sockets = sockets.subspan(count);
  }
  return {};
}

result<void> successor::give_lock(int descriptor) {
  return channel_.send(handover_word::lock, {}, {&descriptor, 1});
}

result<void> successor::prepare(std::string_view orders_path) {
  if (auto sent = channel_.send(handover_word::prepare, orders_path); !sent)
    return describe_end();
  auto ready = await(handover_word::ready);
  return ready ? result<void>{} : ready.error();
}

result<void> successor::take(std::string_view orders_path) {
  if (auto sent = channel_.send(handover_word::take, orders_path); !sent)
    return describe_end();
  auto serves = await(handover_word::serving);
  if (!serves)
    return serves.error();
  pid_ = 0;
  return {};
}

result<std::string> successor::await(handover_word expected) {
  while (now() < due_) {
    if (plan_.interrupted())
      return error{errc::cancelled, "this daemon was told to stop meanwhile"};
    auto said = channel_.receive(look_every);
    if (!said)
      return said.error().code == errc::unavailable ? describe_end()
                                                    : said.error();
    if (!*said)
      continue;
    auto& [word, text, descriptors] = **said;
    if (word == expected)
      return std::move(text);
    if (word == handover_word::failed)
      return error{errc::unavailable, "the new daemon gave up: " + text};
    return error{errc::bad_request, "the new daemon speaks out of turn"};
  }
  return error{errc::unavailable,
               fmt::format("the new daemon was not ready within {} s",
                           std::chrono::duration<double>(plan_.patience)
                             .count())};
}

/// It has closed its end, so that it ends, if it has not.
error successor::describe_end() {
  int status = 0;
  pid_t ended = 0;
  for (int i = 0; i < end_looks && ended == 0; ++i) {
    ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == 0)
      ::poll(nullptr, 0, 20);
  }
  if (ended != pid_)
    return {errc::unavailable, "the new daemon fell silent"};
  pid_ = 0;
  auto how = WIFSIGNALED(status) ? process_exit{true, WTERMSIG(status)}
                                 : process_exit{false, WEXITSTATUS(status)};
  return {errc::unavailable,
          fmt::format("{} {} before it served; what it said is where this "
                      "daemon's standard error goes",
                      plan_.binary, describe(how))};
}

} // namespace serval
