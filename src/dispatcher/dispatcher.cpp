#include "dispatcher/dispatcher.hpp"

#include "base/assert.hpp"
#include "base/defect.hpp"
#include "dispatcher/call_numbers.hpp"

#include <algorithm>
#include <map>

namespace serval {

namespace {

/// Whether somebody else may take what was refused with this code.
bool is_refusal(errc code) noexcept {
  auto kind = error_class_of(code);
  return kind == error_class::retryable || kind == error_class::overload;
}

} // namespace

dispatcher::dispatcher(std::uint8_t number, std::uint64_t seed,
                       dispatcher_effects& effects, poison_table& poison)
  : number_(number), random_(seed), effects_(effects), poison_(poison) {
  // nop
}

// -- the table ----------------------------------------------------------------

void dispatcher::add_backend(std::string name, std::uint32_t queue,
                             bool idempotent) {
  SERVAL_ASSERT(pool_of(name) == nullptr);
  pools_.push_back(
    std::make_unique<backend_pool>(std::move(name), queue, idempotent));
}

backend_pool* dispatcher::pool_of(std::string_view backend) const {
  // An application has a handful of backends; a scan beats a hash.
  for (auto& pool : pools_)
    if (pool->name() == backend)
      return pool.get();
  return nullptr;
}

void dispatcher::add_worker(std::string_view backend, worker_profile profile) {
  auto* pool = pool_of(backend);
  SERVAL_ASSERT(pool != nullptr);
  SERVAL_ASSERT(!workers_.contains(profile.id));
  workers_.emplace(profile.id, location{pool, pool->add(profile)});
  place_waiting(*pool);
}

void dispatcher::drain_worker(worker_id worker, time_point now) {
  now_ = now;
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto [pool, index] = found->second;
  pool->drain(index, now);
  if (pool->in_flight(index) == 0) {
    pool->remove(index, now);
    workers_.erase(found);
  }
  review(*pool, now);
}

void dispatcher::add_suspended(worker_id worker, std::int32_t change) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto [pool, index] = found->second;
  pool->add_suspended(index, change);
  if (change > 0)
    place_waiting(*pool);
}

void dispatcher::set_load(worker_id worker, std::uint32_t calls) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto [pool, index] = found->second;
  auto own = pool->in_flight(index);
  pool->set_load_of_others(index, calls > own ? calls - own : 0);
}

void dispatcher::for_each_backend(
  const std::function<void(std::string_view, const backend_counters&)>& visit)
  const {
  for (auto& pool : pools_)
    visit(pool->name(), pool->counters());
}

std::size_t dispatcher::in_flight(worker_id worker) const {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return 0;
  return found->second.pool->in_flight(found->second.index);
}

// -- maps ---------------------------------------------------------------------

std::optional<outcome> dispatcher::refusal(const map_request& request,
                                           const backend_pool* pool,
                                           time_point now) const {
  if (pool == nullptr)
    return outcome::failure(errc::bad_request, "the application has no backend "
                                               "'" + request.backend + "'");
  if (request.depth > max_depth)
    return outcome::failure(errc::bad_request,
                            "calls are nested more than "
                              + std::to_string(max_depth) + " deep");
  if (request.pieces.size() > pieces_max)
    return outcome::failure(errc::bad_request,
                            "a map has more than "
                              + std::to_string(pieces_max) + " pieces");
  if (now >= request.context->deadline)
    return outcome::failure(errc::deadline_exceeded, "");
  if (pool->is_deserted(now))
    return outcome::failure(errc::no_worker, "no worker of backend '"
                                               + pool->name() + "' is ready");
  return std::nullopt;
}

void dispatcher::count_map(backend_pool& pool, std::uint32_t depth) {
  ++pool.recent_maps;
  if (depth > 0 || ++recent_requests_ < recent_requests_max)
    return;
  // Halving lets old counts fade.
  recent_requests_ /= 2;
  for (auto& each : pools_)
    each->recent_maps /= 2;
}

duration dispatcher::queueing(priority of) const {
  duration sum{};
  for (auto& pool : pools_) {
    auto here = pool->queueing(of);
    if (here == duration::zero())
      continue;
    // A backend that few requests reach delays few requests.
    auto maps = std::min(pool->recent_maps, recent_requests_);
    sum += recent_requests_ == 0 ? here : here * maps / recent_requests_;
  }
  return sum;
}

map_id dispatcher::begin(map_request request, time_point now) {
  now_ = now;
  auto number = ++last_map_;
  while (number == 0 || maps_.contains(number))
    number = ++last_map_;
  auto* pool = pool_of(request.backend);
  if (auto refused = refusal(request, pool, now)) {
    effects_.done({number}, map_outcomes(request.pieces.size(), *refused));
    return {number};
  }
  if (spare_maps_.empty())
    spare_maps_.push_back(std::make_unique<map_state>());
  auto owned = std::move(spare_maps_.back());
  spare_maps_.pop_back();
  auto& map = *owned;
  map.open(number, std::move(request), *pool, expired_, now);
  maps_.emplace(number, std::move(owned));
  budget_.on_first_attempts(map.open_count, now);
  end_poison(map, now);
  count_map(*pool, map.request.depth);
  if (map.settled()) {
    finish(map, errc::cancelled, true);
    return {number};
  }
  auto due = map.request.context->deadline;
  if (map.request.policy == map_policy::best_by)
    due = std::min(due, map.request.best_by);
  timers_.arm(map, due);
  if (!review_timer_.armed())
    timers_.arm(review_timer_, now + outlier_limits::review_period);
  // Whoever waits already goes first.
  if (pool->waiting_maps.empty())
    place(map);
  if (auto waiting = map.waiting_count(); waiting > 0) {
    pool->waiting_maps.insert(&map);
    pool->add_waiting(map, static_cast<std::ptrdiff_t>(waiting));
    place_waiting(*pool);
  }
  if (maps_.contains(number))
    shed(*pool, map);
  return {number};
}

/// Ends pieces of `newest` for as long as too many wait, but those of low
/// priority before one of high priority.
void dispatcher::shed(backend_pool& pool, map_state& newest) {
  auto spared = newest.request.context->priority == priority::high;
  while (pool.waiting_pieces() > pool.waiting_max()) {
    auto* low = spared ? pool.last_of_low_priority() : nullptr;
    auto& map = low != nullptr ? *low : newest;
    auto excess = std::min(pool.waiting_pieces() - pool.waiting_max(),
                           map.waiting_count());
    if (excess == 0)
      return;
    auto full = outcome::failure(
      errc::overload, "the queue of backend '" + pool.name() + "' is full");
    for (std::size_t i = 0; i < excess; ++i)
      map.set_ended(map.take_waiting(), full);
    pool.add_waiting(map, -static_cast<std::ptrdiff_t>(excess));
    if (map.waiting_count() == 0)
      pool.waiting_maps.erase(&map);
    settle(map);
  }
}

void dispatcher::place(map_state& map) {
  auto& pool = *map.pool;
  while (auto waiting = map.waiting_count()) {
    auto chosen = pool.choose(map.request.pieces.size() == 1, random_);
    if (!chosen)
      return;
    auto count = pool.portion(*chosen, waiting);
    std::vector<worker_call> calls;
    calls.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      auto piece = map.take_waiting();
      map.places[piece] = *chosen;
      calls.push_back({call_number{number_, map.number, piece}.pack(),
                       map.request.depth, map.request.context,
                       map.request.pieces[piece]});
    }
    pool.sent(*chosen, calls.front().id, count, now_);
    effects_.send(pool.profile(*chosen).id, std::move(calls));
  }
}

void dispatcher::place_waiting(backend_pool& pool) {
  if (poison_seen_ != poison_.version())
    sweep_poison(now_);
  while (!pool.waiting_maps.empty()) {
    auto& map = **pool.waiting_maps.begin();
    auto before = map.waiting_count();
    place(map);
    auto after = map.waiting_count();
    pool.add_waiting(map, static_cast<std::ptrdiff_t>(after)
                            - static_cast<std::ptrdiff_t>(before));
    if (after > 0)
      return;
    pool.waiting_maps.erase(pool.waiting_maps.begin());
  }
}

void dispatcher::end(map_id map) {
  auto found = maps_.find(static_cast<std::uint32_t>(map.value));
  if (found != maps_.end())
    finish(*found->second, errc::cancelled, false);
}

void dispatcher::results(worker_id from, std::vector<call_result> results,
                         duration busy_per_call, time_point now) {
  now_ = now;
  auto found = workers_.find(from);
  if (found == workers_.end() || results.empty())
    return;
  if (results.size() > 1 && defect("answer_wrong_request"))
    std::swap(results.front().what, results.back().what);
  auto [pool, index] = found->second;
  pool->ended(index, static_cast<std::uint32_t>(results.size()),
              busy_per_call);
  for (auto& result : results) {
    pool->judge(index, result, now);
    take_result(result, index, now);
  }
  if (pool->draining(index) && pool->in_flight(index) == 0) {
    pool->remove(index, now);
    workers_.erase(from);
  }
  place_waiting(*pool);
}

void dispatcher::take_result(call_result& result, worker_index from,
                             time_point now) {
  auto number = call_number::unpack(result.id);
  auto found = maps_.find(number.map);
  if (found == maps_.end())
    return; // The map was over before.
  auto& map = *found->second;
  if (number.piece >= map.places.size() || map.places[number.piece] != from)
    return;
  // Nobody here wanted that: the worker was stopped while it had the call.
  if (result.what.code == errc::cancelled) {
    lose(map, number.piece, result.what.maybe_executed, now);
    return settle(map);
  }
  // Refused before it began, so that another worker may have it.
  if (!result.what.ok() && !result.what.maybe_executed
      && is_refusal(*result.what.code)
      && try_again(map, number.piece, false, now))
    return;
  if (result.what.ok() && !poison_.empty())
    poison_.on_answer(
      fingerprint_of(map.pool->name(),
                     map.request.pieces[number.piece].bytes),
      now);
  map.pool->record(result.what, now - map.begun);
  result.what.worker = map.pool->profile(from).known_as();
  map.set_ended(number.piece, std::move(result.what));
  settle(map);
}

void dispatcher::expire(time_point now) {
  now_ = now;
  timers_.fire(now);
  if (defect("skip_deadline_check"))
    expired_.clear();
  for (auto* map : std::exchange(expired_, {}))
    finish(*map, errc::deadline_exceeded, true);
  if (std::exchange(review_due_, false))
    for (auto& pool : pools_)
      review(*pool, now);
}

void dispatcher::settle(map_state& map) {
  if (map.settled())
    finish(map, errc::cancelled, true);
}

void dispatcher::fail_waiting(backend_pool& pool) {
  auto gone = outcome::failure(errc::no_worker, "no worker of backend '"
                                                  + pool.name()
                                                  + "' is left");
  auto maps = std::exchange(pool.waiting_maps, {});
  for (auto* map : maps) {
    pool.add_waiting(*map, -static_cast<std::ptrdiff_t>(map->waiting_count()));
    while (map->waiting_count() > 0)
      map->set_ended(map->take_waiting(), gone);
    settle(*map);
  }
}

void dispatcher::finish(map_state& map, errc why, bool tell) {
  auto& pool = *map.pool;
  if (auto waiting = map.waiting_count(); waiting > 0) {
    if (pool.waiting_maps.erase(&map) > 0)
      pool.add_waiting(map, -static_cast<std::ptrdiff_t>(waiting));
  }
  std::map<worker_index, std::vector<call_id>> running;
  for (std::uint32_t piece = 0;
       map.open_count > 0 && piece < map.places.size(); ++piece) {
    auto place = map.places[piece];
    if (place == map_state::ended)
      continue;
    if (place != map_state::waiting)
      running[place].push_back(
        call_number{number_, map.number, piece}.pack());
    map.set_ended(piece, outcome::failure(why, "",
                                          place != map_state::waiting));
  }
  auto number = map.number;
  auto outcomes = std::move(map.outcomes);
  auto owned = std::move(maps_.find(number)->second);
  maps_.erase(number);
  owned->close();
  spare_maps_.push_back(std::move(owned));
  for (auto& [worker, calls] : running)
    effects_.cancel(pool.profile(worker).id, std::move(calls));
  if (tell)
    effects_.done({number}, std::move(outcomes));
}

} // namespace serval
