#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "base/timer_queue.hpp"
#include "dispatcher/backend_pool.hpp"
#include "dispatcher/map_state.hpp"
#include "dispatcher/poison_table.hpp"
#include "dispatcher/retry_budget.hpp"
#include "model/call.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// The effects of a dispatcher. None may call back into it before returning.
class dispatcher_effects {
public:
  virtual ~dispatcher_effects() = default;

  /// Hands calls to a worker. One send per worker and map, not per piece.
  virtual void send(worker_id to, std::vector<worker_call> calls) = 0;

  /// Nobody waits for these calls any more. Their results still come.
  virtual void cancel(worker_id to, std::vector<call_id> calls) = 0;

  /// A map is done; once per `begin`, unless `end` comes first. May come from
  /// within `begin`, also for other maps, whose place the new one takes.
  virtual void done(map_id map, map_outcomes outcomes) = 0;
};

/// Chooses workers for the pieces of maps, on behalf of a trigger or of
/// workers, within one release of one application. Pieces go to free workers
/// first (power of two choices, this node's before others, and this loop's for
/// a single piece); a few are sent ahead to busy ones, as many as they finish
/// in `sent_ahead`; the rest wait here, where whichever worker is done first
/// takes them.
class dispatcher {
public:
  /// How much work may wait at a worker so that it does not idle during a
  /// message's way there and back.
  static constexpr duration sent_ahead = std::chrono::microseconds{200};

  /// How much work one message to a worker carries at least, if there is so
  /// much: some ten times what the message itself costs.
  static constexpr duration portion_min = std::chrono::microseconds{20};

  /// Beyond this many pieces a map is refused.
  static constexpr std::size_t pieces_max = 1'000'000;

  /// `number` tells the dispatchers of a release apart (one per loop), which
  /// share `poison`.
  dispatcher(std::uint8_t number, std::uint64_t seed,
             dispatcher_effects& effects, poison_table& poison);

  // -- the table --------------------------------------------------------------

  /// Announces a backend. `queue` bounds the pieces that wait, per worker.
  void add_backend(std::string name, std::uint32_t queue, bool idempotent);

  /// A worker is ready for calls. REQUIRES: the backend was announced, and the
  /// worker is not present.
  void add_worker(std::string_view backend, worker_profile profile);

  /// The worker gets no new calls; what it has goes on.
  void drain_worker(worker_id worker, time_point now);

  /// The worker is gone with all it had. `received` are the calls that user
  /// code may have started on, if that is known; others never began. A call
  /// goes to another worker if it never began or its backend is idempotent, and
  /// the retry budget allows; else it fails.
  void worker_died(worker_id worker, time_point now,
                   const std::optional<std::vector<call_id>>& received
                   = std::nullopt);

  /// The worker's process does not answer pings, or answers again. A silent
  /// worker gets no new calls as long as others do better; what it has goes to
  /// others if its backend is idempotent and the retry budget allows, else it
  /// waits for the worker until its deadline.
  void worker_silent(worker_id worker, bool silent, time_point now);

  /// So many more (or fewer) of the calls that the worker has from this
  /// dispatcher wait for maps of their own. They leave their slots to others:
  /// without that, calls nested in a full backend would wait for ever.
  void add_suspended(worker_id worker, std::int32_t change);

  /// The worker has so many calls, whoever sent them.
  void set_load(worker_id worker, std::uint32_t calls);

  /// Whether there is a backend of that name.
  bool has_backend(std::string_view name) const {
    return pool_of(name) != nullptr;
  }

  /// Calls that the worker has from this dispatcher.
  std::size_t in_flight(worker_id worker) const;

  /// What became of each backend's calls.
  void for_each_backend(
    const std::function<void(std::string_view, const backend_counters&)>& visit)
    const;

  /// How long a request of that priority will wait for workers on its way
  /// through the layers, as far as is known.
  duration queueing(priority of) const;

  // -- maps -------------------------------------------------------------------

  map_id begin(map_request request, time_point now);

  /// Nobody waits for the map: cancels what still runs. `done` does not come.
  void end(map_id map);

  /// Calls have ended at `from`, which was busy for so long with each.
  void results(worker_id from, std::vector<call_result> results,
               duration busy_per_call, time_point now);

  /// When `expire` has something to do.
  std::optional<time_point> next_expiry() const {
    return timers_.next();
  }

  /// Ends the maps whose time has come.
  void expire(time_point now);

private:
  using worker_index = std::uint32_t;

  static constexpr std::uint32_t recent_requests_max = 1024;

  std::optional<outcome> refusal(const map_request& request,
                                 const backend_pool* pool,
                                 time_point now) const;

  void place(map_state& map);
  void place_waiting(backend_pool& pool);
  void shed(backend_pool& pool, map_state& newest);
  void count_map(backend_pool& pool, std::uint32_t depth);
  void take_result(call_result& result, worker_index from, time_point now);
  void settle(map_state& map);
  void finish(map_state& map, errc why, bool tell);
  void fail_waiting(backend_pool& pool);

  /// The maps with pieces at that worker, in the order in which they began, so
  /// that a run can be replayed.
  std::vector<map_state*> maps_at(const backend_pool& pool, worker_index index);
  void lose(map_state& map, std::uint32_t piece, bool started, time_point now);
  bool try_again(map_state& map, std::uint32_t piece, bool started,
                 time_point now);
  void review(backend_pool& pool, time_point now);
  void rescue(backend_pool& pool, worker_index index, time_point now);
  void arm_review(time_point now);
  bool is_poison(const map_state& map, std::uint32_t piece, time_point now);
  void end_poison(map_state& map, time_point now);
  void sweep_poison(time_point now);
  void recall_poison(map_state& map, time_point now);

  backend_pool* pool_of(std::string_view backend) const;

  /// Compares the workers of all backends now and then, while there is work.
  struct review_timer final : timer {
    explicit review_timer(dispatcher& owner) : owner(owner) {
      // nop
    }

    void on_timer(time_point) override {
      owner.review_due_ = true;
    }

    dispatcher& owner;
  };

  std::uint8_t number_;
  /// When the last thing happened that came with its time.
  time_point now_;
  random_source random_;
  dispatcher_effects& effects_;
  poison_table& poison_;
  /// The table's version when what waits was last compared with it.
  std::uint64_t poison_seen_ = 0;
  std::vector<std::unique_ptr<backend_pool>> pools_;
  /// Where each worker is: its pool, and its index there.
  struct location {
    backend_pool* pool;
    worker_index index;
  };
  boost::unordered_flat_map<worker_id, location, std::hash<worker_id>> workers_;
  boost::unordered_flat_map<std::uint32_t, std::unique_ptr<map_state>> maps_;
  /// Finished maps' objects, kept for reuse.
  std::vector<std::unique_ptr<map_state>> spare_maps_;
  std::uint32_t last_map_ = 0;
  /// Maps of the outermost layer that were begun of late.
  std::uint32_t recent_requests_ = 0;
  timer_queue timers_;
  std::vector<map_state*> expired_;
  review_timer review_timer_{*this};
  bool review_due_ = false;
  retry_budget budget_;
};

} // namespace serval
