#include "simulation/virtual_process.hpp"

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t queue_max = 1u << 16;

bool begins_with(const worker_call& call, std::string_view word) {
  return call.request.bytes.starts_with(word);
}

} // namespace

virtual_process::virtual_process(scene& in, process& daemon,
                                 process_owner& owner, const app_spec& spec,
                                 const backend_spec& backend)
  : in_(in),
    owner_(owner),
    spec_(spec),
    backend_(backend),
    life_(in.loop),
    to_process_(life_, 5us, 60us),
    to_daemon_(daemon, 5us, 60us),
    queue_(queue_max) {
  // nop
}

// -- from the daemon ----------------------------------------------------------

void virtual_process::submit(std::vector<worker_call> calls) {
  to_process_.send([this, calls = std::move(calls)]() mutable {
    for (const auto& call : calls)
      board_.insert(call.id);
    (void) queue_.push(std::move(calls));
    run();
  });
}

void virtual_process::cancel(call_id call) {
  to_process_.send([this, call] {
    if (queue_.remove(call))
      return finish(call, outcome::failure(errc::cancelled, ""));
    auto found = running_.find(call);
    if (found == running_.end())
      return;
    found->second.cancelled = true;
    if (!found->second.suspended)
      return;
    to_daemon_.send([this, call] { owner_.on_map_given_up(call); });
    end_call(found->second, outcome::failure(errc::cancelled, "", true));
  });
}

void virtual_process::map_done(call_id call) {
  to_process_.send([this, call] {
    auto found = running_.find(call);
    if (found == running_.end() || !found->second.suspended)
      return;
    resumable_.push_back(call);
    run();
  });
}

void virtual_process::stop() {
  to_process_.send([this] {
    // A call that hangs does not hear of it.
    for (const auto& [id, call] : running_)
      if (begins_with(call.call, "hang"))
        return;
    life_.kill();
    to_daemon_.send([this] { owner_.on_stopped(); });
  });
}

void virtual_process::die(std::optional<worker_call> culprit) {
  if (!life_.alive())
    return;
  flush();
  life_.kill();
  to_daemon_.send([this, culprit = std::move(culprit),
                   received = std::vector<call_id>{board_.begin(),
                                                   board_.end()}]() mutable {
    owner_.on_died(std::move(received), std::move(culprit));
  });
}

void virtual_process::freeze() {
  life_.stop();
}

void virtual_process::thaw() {
  life_.resume();
}

// -- user code ----------------------------------------------------------------

void virtual_process::run() {
  while (used_slots_ < backend_.concurrency) {
    if (!resumable_.empty()) {
      auto call = resumable_.front();
      resumable_.pop_front();
      auto found = running_.find(call);
      if (found == running_.end())
        continue;
      found->second.suspended = false;
      ++used_slots_;
      work(call);
    } else if (auto next = queue_.pop()) {
      begin(std::move(*next));
    } else {
      return;
    }
  }
}

void virtual_process::begin(worker_call call) {
  if (in_.loop.now() >= call.context->deadline)
    return finish(call.id, outcome::failure(errc::deadline_exceeded, ""));
  in_.watch(&promise::on_call_begins, backend_, call);
  ++used_slots_;
  auto id = call.id;
  running_call running;
  if (backend_.name == spec_.entry && in_.how.load.pieces_max > 0)
    running.pieces = in_.random().below(in_.how.load.pieces_max + 1);
  running.call = std::move(call);
  running_.emplace(id, std::move(running));
  work(id);
}

void virtual_process::work(call_id call) {
  if (begins_with(running_.at(call).call, "hang"))
    return;
  auto usual = static_cast<double>(usual_service().count());
  auto span = usual * slowness * (0.5 + in_.random().unit());
  life_.after(duration{static_cast<std::int64_t>(span) + 1},
              [this, call] { stage_over(call); });
}

void virtual_process::stage_over(call_id id) {
  auto& call = running_.at(id);
  if (begins_with(call.call, "poison"))
    return die(call.call);
  if (call.cancelled)
    return end_call(call, outcome::failure(errc::cancelled, "", true));
  if (call.stage++ == 0 && call.pieces > 0)
    return suspend(call);
  end_call(call, outcome::success(std::string{call.call.request.bytes}));
}

void virtual_process::suspend(running_call& call) {
  call.suspended = true;
  --used_slots_;
  map_request request;
  request.backend = "back";
  request.depth = call.call.depth + 1;
  request.context = call.call.context;
  for (std::uint32_t i = 0; i < call.pieces; ++i)
    request.pieces.push_back(payload::own(
      std::string{call.call.request.bytes} + "/" + std::to_string(i)));
  to_daemon_.send([this, id = call.call.id,
                   request = std::move(request)]() mutable {
    owner_.on_map_begun(id, std::move(request));
  });
  run();
}

void virtual_process::end_call(running_call& call, outcome what) {
  auto id = call.call.id;
  if (!call.suspended)
    --used_slots_;
  running_.erase(id);
  finish(id, std::move(what));
  run();
}

void virtual_process::finish(call_id call, outcome what) {
  if (finished_.empty())
    life_.after(20us, [this] { flush(); });
  finished_.push_back({call, std::move(what)});
}

void virtual_process::flush() {
  if (finished_.empty())
    return;
  for (const auto& each : finished_)
    board_.erase(each.id);
  to_daemon_.send([this, results = std::exchange(finished_, {})]() mutable {
    owner_.on_finished(std::move(results));
  });
}

} // namespace serval::simulation
