#include "backend/control_thread.hpp"

#include "backend/process_link.hpp"
#include "base/assert.hpp"
#include "wire/call_batches.hpp"
#include "wire/remaining.hpp"
#include "wire/worker_decoder.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace serval {

namespace {

constexpr int map_number_shift = 48;

time_point now() {
  return std::chrono::steady_clock::now();
}

/// Ends the process without destructors and flushes: user threads may be
/// anywhere, also in the middle of printing.
[[noreturn]] void leave(int status) {
  ::_exit(status);
}

/// A file's bytes, as long as this lives; none if it cannot be read.
class mapped_file {
public:
  explicit mapped_file(int fd) {
    struct stat found {};
    if (::fstat(fd, &found) != 0 || found.st_size <= 0)
      return;
    size_ = static_cast<std::size_t>(found.st_size);
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  }

  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;

  ~mapped_file() {
    if (data_ != MAP_FAILED)
      ::munmap(data_, size_);
  }

  std::string_view bytes() const noexcept {
    if (data_ == MAP_FAILED)
      return {};
    return {static_cast<const char*>(data_), size_};
  }

private:
  void* data_ = MAP_FAILED;
  std::size_t size_ = 0;
};

} // namespace

control_thread::control_thread(plain_loop& loop, int socket, int plugin_fd,
                               std::string plugin_name, call_board board)
  : loop_(loop),
    plugin_fd_(plugin_fd),
    plugin_name_(std::move(plugin_name)),
    link_(loop.io(), socket, process_side_link(), *this),
    board_(std::move(board)) {
  // nop
}

control_thread::~control_thread() = default;

// -- from the daemon ----------------------------------------------------------

void control_thread::on_ready(const link_hello&) {
  // nop
}

void control_thread::on_closed(const error&) {
  leave(0);
}

void control_thread::on_message(traffic_class, bytes_view message) {
  auto decoded = decode_worker_message(message);
  if (!decoded) {
    std::fprintf(stderr, "worker process: %s\n",
                 decoded.error().message.c_str());
    leave(1);
  }
  std::visit([this](auto& each) { handle(each); }, *decoded);
}

template <class Message>
void control_thread::handle(const Message&) {
  std::fprintf(stderr, "worker process: the daemon sent what only a worker "
                       "process may send\n");
  leave(1);
}

void control_thread::handle(const confine_message& message) {
  // Threads that are there already would stay outside.
  SERVAL_ASSERT(!confined_ && workers_.empty());
  confinement how;
  how.strict = message.strict;
  how.read.assign(message.read.begin(), message.read.end());
  how.memory_max_bytes = message.memory_max_bytes;
  confined_ = confine(how);
}

void control_thread::handle(const start_worker_message& message) {
  user_thread::order order;
  order.backend = message.backend;
  order.settings = message.settings;
  order.limits = {message.concurrency, message.queue, message.stack_bytes};
  auto* place = free_place();
  auto& added = workers_[message.worker.value];
  SERVAL_ASSERT(!added.thread);
  added.id = message.worker;
  added.number = ++last_number_;
  added.place = place;
  added.thread = std::make_unique<user_thread>(
    std::move(order),
    [this](const std::string& name) { return find_backend(name); },
    [this] { wake(); }, place);
}

call_board::place* control_thread::free_place() {
  for (std::size_t i = 0; i < call_board::place_count; ++i) {
    auto* place = &board_.at(i);
    if (std::ranges::none_of(
          workers_, [&](auto& each) { return each.second.place == place; }))
      return place;
  }
  return nullptr;
}

void control_thread::handle(const stop_worker_message& message) {
  if (auto* stopped = find(message.worker))
    stopped->thread->stop();
}

void control_thread::handle(const call_batch_message& message) {
  auto* to = find(message.worker);
  if (to == nullptr)
    return;
  // Not when it was received: this process may have been frozen since.
  to->thread->submit(calls_of(message, std::min(message.sent_at, now())));
}

void control_thread::handle(const cancel_calls_message& message) {
  // Whose calls they are is not worth a table of all calls.
  for (auto& [id, each] : workers_)
    each.thread->cancel(message.calls);
}

void control_thread::handle(const map_done_message& message) {
  auto number = message.map.value >> map_number_shift;
  map_outcomes outcomes;
  outcomes.reserve(message.outcomes.size());
  for (auto& each : message.outcomes)
    outcomes.push_back(each.to_outcome());
  for (auto& [id, each] : workers_) {
    if (each.number == number) {
      auto ticket = message.map.value & ((1ull << map_number_shift) - 1);
      each.thread->map_done(ticket, std::move(outcomes));
      return;
    }
  }
}

void control_thread::handle(const reconfigure_message& message) {
  if (auto* to = find(message.worker))
    to->thread->reconfigure(message.settings);
}

void control_thread::handle(const check_health_message& message) {
  if (auto* to = find(message.worker))
    to->thread->check_health();
}

void control_thread::handle(const worker_ping_message& message) {
  worker_pong_message pong;
  pong.number = message.number;
  for (auto& [id, each] : workers_) {
    auto seen = each.thread->look();
    if (seen.call)
      pong.running.push_back({seen.call, now() - seen.since, seen.progress});
  }
  static_cast<void>(send(pong, traffic_class::control));
}

void control_thread::handle(const describe_plugin_message&) {
  std::lock_guard guard{plugin_mutex_};
  plugin_description_message message;
  std::vector<std::string> warnings;
  if (auto loaded = load_plugin(); !loaded) {
    message.failure = plugin_->error().message;
  } else {
    message.sdk_version = (*plugin_)->sdk_version();
    for (auto* each : (*plugin_)->backends())
      message.backends.push_back(each->name);
    warnings = unload_warnings(plugin_file_);
    message.unload_warnings.assign(warnings.begin(), warnings.end());
  }
  static_cast<void>(send(message));
}

// -- from user threads --------------------------------------------------------

result<void> control_thread::load_plugin() {
  if (!plugin_)
    plugin_.emplace(open_plugin());
  if (!*plugin_)
    return plugin_->error();
  return {};
}

result<plugin_library> control_thread::open_plugin() {
  // Loading runs code of the plugin.
  if (!confined_)
    return error{errc::internal, "the worker process was not confined"};
  if (!*confined_)
    return confined_->error();
  // Says more clearly than the dynamic linker what is no plugin at all.
  auto scanned = scan_elf(mapped_file{plugin_fd_}.bytes());
  if (!scanned)
    return scanned.error();
  plugin_file_ = *scanned;
  return plugin_library::open_fd(plugin_fd_, plugin_name_,
                                 executor::host_table());
}

result<const serval_backend_type*>
control_thread::find_backend(const std::string& name) {
  std::lock_guard guard{plugin_mutex_};
  if (auto loaded = load_plugin(); !loaded)
    return loaded.error();
  auto& plugin = **plugin_;
  if (auto* found = plugin.find_backend(name))
    return found;
  std::string offers;
  for (auto* each : plugin.backends())
    offers += (offers.empty() ? "" : ", ") + std::string{each->name};
  return error{errc::bad_plugin, "the plugin has no backend \"" + name
                                   + "\"; it offers " + offers};
}

void control_thread::wake() {
  if (!drain_due_.exchange(true))
    loop_.post([this] { drain(); });
}

void control_thread::drain() {
  drain_due_.store(false);
  for (auto at = workers_.begin(); at != workers_.end();) {
    auto output = at->second.thread->take_output();
    bool stopped = output.stopped;
    pass_on(at->second, std::move(output));
    // Its thread is ending, so that nothing waits long for it.
    at = stopped ? workers_.erase(at) : std::next(at);
  }
}

void control_thread::pass_on(worker& from, user_output output) {
  bool failed = output.started && !*output.started;
  if (failed)
    static_cast<void>(send(
      worker_failed_message{from.id, output.started->error().message}));
  else if (output.started)
    static_cast<void>(send(worker_started_message{from.id}));
  for (auto& line : output.lines)
    static_cast<void>(
      send(worker_log_message{static_cast<std::uint8_t>(line.level), from.id,
                              line.request_id, line.text}));
  for (auto& map : output.maps)
    send_map(from, map);
  for (auto ticket : output.ended_maps)
    static_cast<void>(send(map_end_message{map_of(from, ticket)}));
  send_results(output.results);
  for (auto& each : output.reconfigured)
    static_cast<void>(send(reconfigured_message{
      from.id, each.has_value(), each ? "" : each.error().message}));
  for (auto& each : output.health)
    static_cast<void>(send(health_report_message{
      from.id, each.has_value(), each ? "" : each.error().message}));
  if (output.stopped && !failed)
    static_cast<void>(send(worker_stopped_message{from.id}));
}

void control_thread::send_results(std::vector<call_result>& results) {
  for (auto& each : results)
    if (each.what.body.size() > body_bytes_max)
      each.what = outcome::failure(
        errc::body_too_large,
        "an answer of " + std::to_string(each.what.body.size())
          + " bytes is too long; " + std::to_string(body_bytes_max)
          + " are allowed",
        true);
  for_each_result_batch(results, [this](std::span<const call_result> batch) {
    static_cast<void>(send(batch_of(batch)));
  });
}

void control_thread::send_map(const worker& from,
                              const user_output::begun_map& map) {
  map_begin_message message;
  message.map = map_of(from, map.ticket);
  message.call = map.call;
  message.backend = map.request.backend;
  message.policy = map.request.policy;
  message.quorum = static_cast<std::uint32_t>(map.request.quorum);
  if (map.request.policy == map_policy::best_by)
    message.best_by = remaining_until(now(), map.request.best_by);
  message.pieces.reserve(map.request.pieces.size());
  for (auto& piece : map.request.pieces)
    message.pieces.push_back(piece.bytes);
  if (send(message))
    return;
  map_outcomes refused(map.request.pieces.size(),
                       outcome::failure(errc::body_too_large,
                                        "the pieces of the map are too long"));
  from.thread->map_done(map.ticket, std::move(refused));
}

template <class Message>
result<void> control_thread::send(const Message& message,
                                  traffic_class traffic) {
  auto bytes = encoder_.encode(message);
  return link_.send(traffic, bytes);
}

map_id control_thread::map_of(const worker& from, map_ticket ticket) noexcept {
  return {static_cast<std::uint64_t>(from.number) << map_number_shift
          | ticket};
}

control_thread::worker* control_thread::find(worker_id id) {
  auto found = workers_.find(id.value);
  return found == workers_.end() ? nullptr : &found->second;
}

} // namespace serval
