// The functions that a plugin may call, in terms of the executor. They stand at
// the C boundary: none lets an exception escape.

#include "base/assert.hpp"
#include "worker/executor_state.hpp"

#include <algorithm>
#include <cstdio>
#include <new>

using namespace serval;

namespace {

using phase = serval_call::phase;

std::string_view view(serval_bytes bytes) {
  return bytes.size == 0 ? std::string_view{}
                         : std::string_view{bytes.data, bytes.size};
}

serval_bytes lend(std::string_view text) {
  return {text.data(), text.size()};
}

serval_outcome public_outcome(const outcome& what, map_policy policy) {
  if (what.ok())
    return SERVAL_OUTCOME_OK;
  switch (*what.code) {
    case errc::rejected:
      return SERVAL_OUTCOME_REJECTED;
    case errc::deadline_exceeded:
      return SERVAL_OUTCOME_DEADLINE;
    case errc::cancelled:
      return policy == map_policy::quorum ? SERVAL_OUTCOME_NOT_NEEDED
                                          : SERVAL_OUTCOME_CANCELLED;
    case errc::overload:
      return SERVAL_OUTCOME_OVERLOAD;
    case errc::no_worker:
    case errc::unavailable:
      return SERVAL_OUTCOME_NO_WORKER;
    case errc::worker_died:
    case errc::link_lost:
      return SERVAL_OUTCOME_WORKER_DIED;
    case errc::bad_request:
      return SERVAL_OUTCOME_INVALID;
    default:
      return SERVAL_OUTCOME_FAILED;
  }
}

map_policy internal_policy(std::uint32_t policy) {
  switch (policy) {
    case SERVAL_MAP_QUORUM:
      return map_policy::quorum;
    case SERVAL_MAP_BEST_BY:
      return map_policy::best_by;
    default:
      return map_policy::all;
  }
}

/// Copies all pieces into one block, of which each piece is a view.
std::vector<payload> copy_pieces(const serval_map_request& request) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < request.piece_count; ++i)
    total += request.pieces[i].size;
  auto block = std::make_shared<std::string>();
  block->reserve(total);
  std::vector<payload> pieces(request.piece_count);
  for (std::size_t i = 0; i < request.piece_count; ++i) {
    auto offset = block->size();
    block->append(view(request.pieces[i]));
    pieces[i].bytes = std::string_view{*block}.substr(offset);
  }
  for (auto& piece : pieces)
    piece.owner = block;
  return pieces;
}

} // namespace

void serval_call::on_timer(time_point) {
  on_wake(wake_user);
}

// -- the executor's side ------------------------------------------------------

bool executor::state::is_cancelled(const serval_call& call) {
  return call.cancelled || host.now() >= call.call.context->deadline;
}

bool executor::state::suspend(serval_call& call) {
  SERVAL_ASSERT(call.now_in == phase::running);
  auto over = [&] {
    return call.cancelled || now >= call.call.context->deadline;
  };
  if (!over() && !call.woken) {
    call.now_in = call.armed() ? phase::sleeping : phase::mapping;
    call.fiber.suspend();
  }
  call.woken = false;
  call.cancel();
  return over();
}

serval_map* executor::state::begin_map(serval_call& call,
                                       const serval_map_request& request,
                                       serval_on_done on_done, void* user) {
  auto map = std::make_unique<serval_map>();
  map->ticket = ++last_ticket;
  map->owner = &call;
  map->policy = internal_policy(request.policy);
  map->on_done = on_done;
  map->user = user;
  map_request inner;
  inner.backend = view(request.backend);
  inner.policy = map->policy;
  inner.quorum = request.quorum;
  if (inner.policy == map_policy::best_by)
    inner.best_by = host.now() + duration{request.best_by_ns};
  inner.pieces = copy_pieces(request);
  inner.depth = call.call.depth + 1;
  inner.context = call.call.context;
  auto* raw = map.get();
  call.maps.push_back(std::move(map));
  maps.emplace(raw->ticket, raw);
  host.begin_map(raw->ticket, call.call.id, std::move(inner));
  return raw;
}

void executor::state::end_map(serval_map& map) {
  maps.erase(map.ticket);
  if (!map.done)
    host.end_map(map.ticket);
  std::erase_if(map.owner->maps,
                [&map](auto& each) { return each.get() == &map; });
}

void executor::state::begin_sleep(serval_call& call, duration span,
                                  serval_on_done on_done, void* user) {
  call.on_wake = on_done;
  call.wake_user = user;
  auto due = host.now() + std::max(span, duration{0});
  timers.arm(call, std::min(due, call.call.context->deadline));
}

// -- the plugin's side --------------------------------------------------------

namespace {

std::int64_t remaining_ns(serval_call* call) noexcept {
  return (call->call.context->deadline - call->owner->host.now()).count();
}

int cancelled(serval_call* call) noexcept {
  call->owner->host.check_cancels();
  return call->owner->is_cancelled(*call) ? 1 : 0;
}

serval_bytes request_id(serval_call* call) noexcept {
  return lend(call->call.context->request_id);
}

void log_line(serval_call* call, std::uint32_t level,
              serval_bytes text) noexcept {
  // Without a call there is no executor to ask; such lines go to standard
  // error, which the daemon collects from its worker processes.
  if (call == nullptr)
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size), text.data);
  else
    call->owner->host.log(call->call.context->request_id, level, view(text));
}

serval_map* map_begin(serval_call* call, const serval_map_request* request,
                      serval_on_done on_done, void* user) noexcept {
  try {
    return call->owner->begin_map(*call, *request, on_done, user);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void map_result(serval_map* map, std::size_t index,
                serval_piece_result* result) noexcept {
  SERVAL_ASSERT(map->done && index < map->outcomes.size());
  auto& what = map->outcomes[index];
  result->outcome = public_outcome(what, map->policy);
  result->reject_status = what.reject_status;
  result->body = lend(what.body);
}

void map_end(serval_map* map) noexcept {
  map->owner->owner->end_map(*map);
}

void sleep_begin(serval_call* call, std::int64_t ns, serval_on_done on_done,
                 void* user) noexcept {
  call->owner->begin_sleep(*call, duration{ns}, on_done, user);
}

int suspend(serval_call* call) noexcept {
  return call->owner->suspend(*call) ? 1 : 0;
}

void resume(serval_call* call) noexcept {
  if (call->now_in == phase::sleeping || call->now_in == phase::mapping)
    call->owner->make_ready(*call);
  else
    call->woken = true;
}

} // namespace

namespace serval {

const serval_host& executor::host_table() {
  static const serval_host table = {
    .size = sizeof(serval_host),
    .abi_version = SERVAL_ABI_VERSION,
    .remaining_ns = remaining_ns,
    .cancelled = cancelled,
    .request_id = request_id,
    .log = log_line,
    .map_begin = map_begin,
    .map_result = map_result,
    .map_end = map_end,
    .sleep_begin = sleep_begin,
    .suspend = suspend,
    .resume = resume,
  };
  return table;
}

} // namespace serval
