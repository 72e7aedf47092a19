#include "backend/worker_process.hpp"

#include "backend/process_body.hpp"
#include "backend/process_link.hpp"
#include "backend/process_memory.hpp"
#include "backend/worker_environment.hpp"
#include "base/assert.hpp"
#include "base/defect.hpp"
#include "wire/remaining.hpp"
#include "wire/worker_decoder.hpp"

#include <algorithm>

#include <unistd.h>

namespace serval {

namespace {

/// More maps than that at once are not honest work.
constexpr std::size_t maps_max = 1 << 16;

/// How long a process without a link may take to end by itself.
constexpr duration exit_grace = std::chrono::seconds{1};

constexpr duration watch_period_min = std::chrono::milliseconds{10};
constexpr duration watch_period_max = std::chrono::milliseconds{200};

/// A process with calls is silent when it has answered none of so many pings.
/// Not a length of time: should this loop itself be late, the pings are too.
constexpr std::uint32_t silent_after = 3;

/// How often an idle process is asked, in watch periods.
constexpr std::uint64_t idle_ping_every = 50;

/// Copies the pieces, which are only lent, into one block.
std::vector<payload> keep_pieces(const std::vector<std::string_view>& pieces) {
  std::size_t total = 0;
  for (auto each : pieces)
    total += each.size();
  auto block = std::make_shared<std::string>();
  block->reserve(total);
  std::vector<payload> kept;
  kept.reserve(pieces.size());
  for (auto each : pieces) {
    auto offset = block->size();
    block->append(each);
    kept.push_back({block, std::string_view{*block}.substr(offset)});
  }
  return kept;
}

result<void> answer(bool good, std::string_view message) {
  if (good)
    return {};
  return error{errc::bad_plugin, std::string{message}};
}

} // namespace

// -- life ---------------------------------------------------------------------

std::shared_ptr<worker_process>
worker_process::start(loop& home, spawner& from, process_options options) {
  SERVAL_ASSERT(home.is_current());
  std::shared_ptr<worker_process> made{
    new worker_process{home, std::move(options)}};
  made->spawn(from);
  return made;
}

worker_process::worker_process(loop& home, process_options options)
  : home_(home), options_(std::move(options)) {
  // nop
}

worker_process::~worker_process() {
  if (options_.on_memory && pid_ != 0)
    options_.on_memory(pid_, 0);
  if (kill_)
    kill_();
}

void worker_process::spawn(spawner& from) {
  spawn_order order;
  order.arguments = {"worker", options_.label, options_.plugin_name};
  order.plugin_path = options_.plugin_path;
  order.plugin_sha256 = options_.plugin_sha256;
  if (options_.confinement.strict)
    order.environment = strict_environment(environ);
  auto self = weak_from_this();
  auto& home = home_;
  // If nobody waits any more, the socket closes with the result, and that ends
  // the process.
  auto spawned = [self, &home](result<spawned_process> what) {
    auto box = std::make_shared<result<spawned_process>>(std::move(what));
    home.post([self, box] {
      if (auto alive = self.lock())
        alive->on_spawned(std::move(*box));
    });
  };
  auto exited = [self, &home](process_exit how) {
    home.post([self, how] {
      if (auto alive = self.lock())
        alive->on_exit(how);
    });
  };
  from.spawn(std::move(order), std::move(spawned), std::move(exited));
}

void worker_process::on_spawned(result<spawned_process> what) {
  if (!what) {
    end_ = {process_end::cause::not_started, what.error().message};
    exit_ = process_exit{};
    return end_if_over();
  }
  pid_ = what->pid;
  board_ = std::move(what->board);
  kill_ = std::move(what->kill);
  linked_ = true;
  link_ = peer_link{home_.io(), what->socket.release(),
                    daemon_side_link(options_.start_timeout), *this};
  if (state_ == state::dying)
    kill_();
}

void worker_process::kill(std::string why) {
  if (state_ == state::ended || !killed_because_.empty() || exit_)
    return;
  killed_because_ = std::move(why);
  state_ = state::dying;
  if (kill_)
    kill_();
}

void worker_process::on_closed(const error& why) {
  linked_ = false;
  if (why.code != errc::link_lost)
    kill("the worker process " + options_.label
         + " broke the protocol: " + why.message);
  // Most often the process is ending, and its exit says more than this does.
  state_ = state::dying;
  link_lost_because_ = why.message;
  home_.arm(watch_, loop::now() + exit_grace);
  end_if_over();
}

void worker_process::on_exit(process_exit how) {
  exit_ = how;
  if (options_.on_memory)
    options_.on_memory(pid_, 0);
  pid_ = 0;
  kill_ = nullptr;
  if (state_ == state::starting || state_ == state::up)
    state_ = state::dying;
  end_if_over();
}

void worker_process::end_if_over() {
  // What the process sent before it ended is still read.
  if (!exit_ || linked_ || state_ == state::ended)
    return;
  state_ = state::ended;
  watch_.cancel();
  if (killed_because_.empty() && is_own_doing(*exit_))
    culprits_ = board_.calls();
  if (!killed_because_.empty())
    end_ = {process_end::cause::killed, killed_because_};
  else if (end_.what != process_end::cause::not_started)
    end_ = {exit_->by_signal ? process_end::cause::crashed
                            : process_end::cause::exited,
           describe(*exit_)};
  auto self = shared_from_this();
  while (!members_.empty()) {
    auto* body = members_.back().body;
    members_.pop_back();
    body->on_process_end(end_);
  }
}

// -- its workers --------------------------------------------------------------

worker_id worker_process::enter(process_body& member) {
  SERVAL_ASSERT(home_.is_current() && usable());
  worker_id id{++last_member_};
  members_.push_back({id, &member});
  return id;
}

void worker_process::leave(const process_body& body) {
  std::erase_if(members_, [&](auto& each) { return each.body == &body; });
  calls_.disown(body);
  for (auto& [id, owner] : maps_)
    if (owner == &body)
      owner = nullptr;
}

template <class Message>
result<void> worker_process::send(const Message& message) {
  return link_.send(traffic_class::request, encoder_.encode(message));
}

template result<void> worker_process::send(const confine_message&);
template result<void> worker_process::send(const start_worker_message&);
template result<void> worker_process::send(const stop_worker_message&);
template result<void> worker_process::send(const call_batch_message&);
template result<void> worker_process::send(const cancel_calls_message&);
template result<void> worker_process::send(const map_done_message&);
template result<void> worker_process::send(const reconfigure_message&);
template result<void> worker_process::send(const check_health_message&);
template result<void> worker_process::send(const describe_plugin_message&);

std::optional<worker_call>
worker_process::culprit_of(const process_body& member) const {
  for (auto id : culprits_)
    if (auto* call = calls_.find(id); call != nullptr && call->owner == &member)
      return worker_call{id, call->depth, call->context, call->request};
  return std::nullopt;
}

bool worker_process::end_map(map_id map, const process_body& owner) {
  auto found = maps_.find(map.value);
  if (found == maps_.end() || found->second != &owner)
    return false;
  maps_.erase(found);
  return true;
}

process_body* worker_process::find(worker_id id) const noexcept {
  for (auto& each : members_)
    if (each.id == id)
      return each.body;
  return nullptr;
}

bool worker_process::has(const process_body* body) const noexcept {
  return std::any_of(members_.begin(), members_.end(),
                     [&](auto& each) { return each.body == body; });
}

// -- hung calls ---------------------------------------------------------------

void worker_process::arm_watch() {
  home_.arm(watch_, loop::now()
                      + std::clamp(options_.hang_kill / 4, watch_period_min,
                                   watch_period_max));
}

void worker_process::on_watch(time_point now) {
  if (state_ == state::dying && !exit_)
    kill("the worker process " + options_.label + " lost its connection: "
         + link_lost_because_);
  if (state_ != state::up)
    return;
  if (auto overdue = calls_.overdue(now - options_.hang_kill);
      overdue && !defect("no_hang_kill"))
    return kill_hung(overdue);
  look_for_silence();
  check_memory();
  // An idle process is left in peace, nearly.
  ++pings_;
  pinged_ = !calls_.empty() || pings_ % idle_ping_every == 0;
  if (pinged_)
    static_cast<void>(
      link_.send(traffic_class::control,
                 encoder_.encode(worker_ping_message{pings_})));
  arm_watch();
}

void worker_process::look_for_silence() {
  unanswered_ = pinged_ && !heard_ ? unanswered_ + 1 : 0;
  heard_ = false;
  if (unanswered_ == silent_after)
    tell_silence(true);
}

void worker_process::tell_silence(bool silent) {
  silent_ = silent;
  auto members = members_;
  for (auto& each : members)
    if (has(each.body))
      each.body->on_silence(silent);
}

/// The kernel knows better than what a process would say of itself.
void worker_process::check_memory() {
  auto bytes = resident_bytes(pid_);
  if (options_.on_memory)
    options_.on_memory(pid_, bytes);
  if (options_.memory_bytes == 0 || bytes <= options_.memory_bytes)
    return;
  outgrown_ = true;
  for (auto& each : members_)
    each.body->on_outgrown(bytes);
}

void worker_process::kill_hung(call_id overdue) {
  auto* call = calls_.find(overdue);
  culprits_ = {overdue};
  // Other calls may wait behind the one that is to blame.
  for (auto& each : running_)
    if (auto* found = calls_.find(each.call);
        found != nullptr && found->owner == call->owner) {
      call = found;
      culprits_ = {each.call};
    }
  auto backend = call->owner == nullptr ? options_.label
                                        : call->owner->backend();
  kill("backend \"" + backend + "\" hung in call " + call->context->request_id
       + ", long past its deadline; its process was killed");
}

// -- what the process says ----------------------------------------------------

void worker_process::on_ready(const link_hello&) {
  if (state_ != state::starting)
    return;
  state_ = state::up;
  confine();
  arm_watch();
  auto self = shared_from_this();
  auto members = members_;
  for (auto& each : members)
    if (has(each.body))
      each.body->on_process_up();
}

void worker_process::confine() {
  auto& how = options_.confinement;
  static_cast<void>(send(confine_message{
    how.strict, {how.read.begin(), how.read.end()}, how.memory_max_bytes}));
}

void worker_process::on_message(traffic_class, bytes_view message) {
  // What comes after we have given up on it does not count.
  if (!killed_because_.empty())
    return;
  auto self = shared_from_this();
  heard_ = true;
  if (silent_)
    tell_silence(false);
  auto decoded = decode_worker_message(message);
  if (!decoded)
    return lies(decoded.error().message);
  std::visit([this](auto& each) { handle(each); }, *decoded);
}

void worker_process::lies(std::string_view how) {
  kill("the worker process " + options_.label + " broke the protocol: "
       + std::string{how});
}

template <class Message>
void worker_process::handle(const Message&) {
  lies("it sent what only the daemon may send");
}

void worker_process::handle(const worker_started_message& message) {
  if (auto* body = find(message.worker))
    body->on_started();
}

void worker_process::handle(const worker_failed_message& message) {
  if (auto* body = find(message.worker))
    body->on_failed(message.message);
}

void worker_process::handle(const worker_stopped_message& message) {
  if (auto* body = find(message.worker))
    body->on_stopped();
}

void worker_process::handle(const result_batch_message& message) {
  struct group {
    process_body* owner;
    std::vector<call_result> results;
  };
  std::vector<group> groups;
  for (auto& each : message.results) {
    auto call = calls_.take(each.call);
    if (!call)
      return lies("it answered a call that it was not given");
    if (call->owner == nullptr)
      continue;
    if (groups.empty() || groups.back().owner != call->owner)
      groups.push_back({call->owner, {}});
    auto& results = groups.back().results;
    if (results.empty())
      results.reserve(message.results.size());
    results.push_back({each.call, each.outcome.to_outcome()});
  }
  // A body may go away while another hears of its results.
  for (auto& each : groups)
    if (has(each.owner))
      each.owner->on_results(std::move(each.results));
}

void worker_process::handle(const map_begin_message& message) {
  auto* call = calls_.find(message.call);
  if (call == nullptr)
    return lies("it began a map for a call that it was not given");
  if (maps_.size() >= maps_max
      || !maps_.emplace(message.map.value, call->owner).second)
    return lies("it began a map twice, or far too many");
  if (call->owner == nullptr)
    return;
  map_request request;
  request.backend = message.backend;
  request.policy = message.policy;
  request.quorum = message.quorum;
  if (request.policy == map_policy::best_by)
    request.best_by = deadline_after(loop::now(), message.best_by);
  request.pieces = keep_pieces(message.pieces);
  request.depth = call->depth + 1;
  request.context = call->context;
  call->owner->on_map_begun(message.map.value, message.call,
                            std::move(request));
}

void worker_process::handle(const map_end_message& message) {
  // The map's outcomes may have crossed this message.
  auto found = maps_.find(message.map.value);
  if (found == maps_.end())
    return;
  auto* owner = found->second;
  maps_.erase(found);
  if (owner != nullptr)
    owner->on_map_ended(message.map.value);
}

void worker_process::handle(const reconfigured_message& message) {
  if (auto* body = find(message.worker))
    body->on_reconfigured(answer(message.ok, message.message));
}

void worker_process::handle(const health_report_message& message) {
  if (auto* body = find(message.worker))
    body->on_health(answer(message.healthy, message.message));
}

void worker_process::handle(const worker_log_message& message) {
  if (auto* body = find(message.worker))
    body->on_log(message.request_id, message.level, message.text);
}

void worker_process::handle(const worker_pong_message& message) {
  running_ = message.running;
}

void worker_process::describe_plugin(
  std::function<void(plugin_description)> done) {
  SERVAL_ASSERT(!describing_);
  describing_ = std::move(done);
  static_cast<void>(send(describe_plugin_message{}));
}

void worker_process::handle(const plugin_description_message& message) {
  if (!describing_)
    return lies("it described its plugin without being asked");
  std::exchange(describing_, nullptr)(
    {std::string{message.failure}, std::string{message.sdk_version},
     {message.backends.begin(), message.backends.end()},
     {message.unload_warnings.begin(), message.unload_warnings.end()}});
}

} // namespace serval
