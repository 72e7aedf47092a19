// What a dispatcher does about workers that die, fall silent or are slow, and
// about pieces that kill workers.

#include "base/defect.hpp"
#include "dispatcher/call_numbers.hpp"
#include "dispatcher/dispatcher.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>

namespace serval {

namespace {

outcome poison_outcome(const backend_pool& pool, bool maybe_executed) {
  return outcome::failure(errc::poison,
                          "a piece for backend '" + pool.name()
                            + "' has killed workers and meets no other",
                          maybe_executed);
}

} // namespace

// -- deaths -------------------------------------------------------------------

std::vector<map_state*> dispatcher::maps_at(const backend_pool& pool,
                                            worker_index index) {
  std::vector<map_state*> found;
  for (auto& [number, map] : maps_)
    if (map->pool == &pool && std::ranges::find(map->places, index)
                                != map->places.end())
      found.push_back(map.get());
  std::ranges::sort(found, {}, &map_state::number);
  return found;
}

void dispatcher::worker_died(
  worker_id worker, time_point now,
  const std::optional<std::vector<call_id>>& received) {
  now_ = now;
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto [pool, index] = found->second;
  workers_.erase(found);
  auto touched = maps_at(*pool, index);
  pool->remove(index, now);
  if (defect("lose_result_of_dead_worker"))
    return;
  boost::unordered_flat_set<std::uint64_t> started;
  for (auto call : received.value_or(std::vector<call_id>{}))
    started.insert(call.value);
  auto may_have_started = [&](const map_state& map, std::uint32_t piece) {
    return !received
           || started.contains(
             call_number{number_, map.number, piece}.pack().value);
  };
  for (auto* map : touched) {
    for (std::uint32_t piece = 0; piece < map->places.size(); ++piece)
      if (map->places[piece] == index)
        lose(*map, piece, may_have_started(*map, piece), now);
    settle(*map);
  }
  review(*pool, now);
}

void dispatcher::lose(map_state& map, std::uint32_t piece, bool started,
                      time_point now) {
  if (!poison_.empty() && is_poison(map, piece, now))
    return map.set_ended(piece, poison_outcome(*map.pool, started));
  if (!try_again(map, piece, started, now))
    map.set_ended(piece, outcome::failure(
                           errc::worker_died,
                           "a worker of backend '" + map.pool->name()
                             + "' died while it had the call",
                           started));
}

bool dispatcher::try_again(map_state& map, std::uint32_t piece, bool started,
                           time_point now) {
  auto& pool = *map.pool;
  auto left = map.request.context->deadline - now;
  if (started && !pool.idempotent() && !defect("retry_non_idempotent"))
    return false;
  if (pool.is_deserted(now) || !map.may_wait_again(piece, started)
      || left <= pool.usual_latency())
    return false;
  auto allowed = budget_.try_retry(now) || defect("retry_without_budget");
  pool.count_retry(allowed);
  if (!allowed)
    return false;
  if (map.waiting_count() == 0)
    pool.waiting_maps.insert(&map);
  map.wait_again(piece, started);
  pool.add_waiting(map, 1);
  return true;
}

// -- outliers -----------------------------------------------------------------

void dispatcher::worker_silent(worker_id worker, bool silent, time_point now) {
  now_ = now;
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  auto [pool, index] = found->second;
  pool->set_silent(index, silent);
  review(*pool, now);
}

void dispatcher::review(backend_pool& pool, time_point now) {
  for (auto index : pool.review(now, random_))
    rescue(pool, index, now);
  if (pool.is_deserted(now))
    fail_waiting(pool);
  arm_review(now);
  place_waiting(pool);
}

void dispatcher::rescue(backend_pool& pool, worker_index index,
                        time_point now) {
  if (!pool.idempotent())
    return;
  std::vector<call_id> given_up;
  for (auto* map : maps_at(pool, index))
    for (std::uint32_t piece = 0; piece < map->places.size(); ++piece)
      if (map->places[piece] == index && try_again(*map, piece, true, now))
        given_up.push_back(call_number{number_, map->number, piece}.pack());
  if (!given_up.empty())
    effects_.cancel(pool.profile(index).id, std::move(given_up));
}

void dispatcher::arm_review(time_point now) {
  if (review_timer_.armed())
    return;
  for (auto& pool : pools_)
    if (pool->needs_review())
      return timers_.arm(review_timer_, now + outlier_limits::review_period);
}

// -- poison -------------------------------------------------------------------

bool dispatcher::is_poison(const map_state& map, std::uint32_t piece,
                           time_point now) {
  return poison_.is_quarantined(
    fingerprint_of(map.pool->name(), map.request.pieces[piece].bytes), now);
}

/// Answers those waiting pieces of the map that are in quarantine. The caller
/// settles it.
void dispatcher::end_poison(map_state& map, time_point now) {
  if (poison_.empty())
    return;
  auto& pool = *map.pool;
  auto waited = pool.waiting_maps.contains(&map);
  auto pieces = map.take_waiting_if(
    [&](std::uint32_t piece) { return is_poison(map, piece, now); });
  for (auto piece : pieces)
    map.set_ended(piece, poison_outcome(pool, false));
  pool.count_poisoned(pieces.size());
  if (!waited)
    return;
  pool.add_waiting(map, -static_cast<std::ptrdiff_t>(pieces.size()));
  if (map.waiting_count() == 0)
    pool.waiting_maps.erase(&map);
}

/// Pieces that were taken on may have been put into quarantine since. Those at
/// workers may still wait there for their turn.
void dispatcher::sweep_poison(time_point now) {
  poison_seen_ = poison_.version();
  std::vector<map_state*> maps;
  for (auto& [number, map] : maps_)
    maps.push_back(map.get());
  std::ranges::sort(maps, {}, &map_state::number);
  for (auto* map : maps) {
    end_poison(*map, now);
    recall_poison(*map, now);
    settle(*map);
  }
}

void dispatcher::recall_poison(map_state& map, time_point now) {
  for (std::uint32_t piece = 0; piece < map.places.size(); ++piece) {
    auto place = map.places[piece];
    if (place == map_state::ended || place == map_state::waiting
        || !is_poison(map, piece, now))
      continue;
    map.set_ended(piece, poison_outcome(*map.pool, true));
    map.pool->count_poisoned(1);
    effects_.cancel(map.pool->profile(place).id,
                    {call_number{number_, map.number, piece}.pack()});
  }
}

} // namespace serval
