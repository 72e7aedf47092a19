#pragma once

#include "base/defect.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "dispatcher/backend_counters.hpp"
#include "dispatcher/candidates.hpp"
#include "dispatcher/outlier.hpp"
#include "model/ids.hpp"
#include "model/request.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace serval {

class map_state;

/// How far a worker is from its dispatcher.
enum class locality : std::uint8_t {
  loop, ///< On the dispatcher's own loop.
  node,
  zone, ///< On another node of the same zone.
  rest,
};

/// What a dispatcher needs to know about a worker.
struct worker_profile {
  /// Unique in the dispatcher.
  worker_id id;
  /// Calls that it runs at once.
  std::uint32_t concurrency = 1;
  locality where = locality::node;
  /// The worker's id in the cluster, if it has another one here.
  worker_id slot = {};

  /// What others call it.
  worker_id known_as() const noexcept {
    return slot ? slot : id;
  }
};

/// The workers of one backend as one dispatcher sees them, and the maps that
/// wait for them.
class backend_pool {
public:
  using index = std::uint32_t;

  backend_pool(std::string name, std::uint32_t queue, bool idempotent)
    : name_(std::move(name)), queue_(queue), idempotent_(idempotent) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  bool idempotent() const noexcept {
    return idempotent_;
  }

  // -- workers ----------------------------------------------------------------

  index add(worker_profile profile);

  void drain(index worker, time_point now);

  /// Forgets the worker and what it had.
  void remove(index worker, time_point now);

  const worker_profile& profile(index worker) const {
    return workers_[worker].profile;
  }

  std::uint32_t in_flight(index worker) const {
    return workers_[worker].in_flight;
  }

  bool draining(index worker) const {
    return !workers_[worker].up;
  }

  /// For how long another worker is waited for once the last one is gone: it
  /// may be starting, or the link to its node be on the way.
  static constexpr duration vacancy_max = std::chrono::milliseconds{250};

  /// Whether there is no worker, and no hope of one.
  bool is_deserted(time_point now) const noexcept {
    return up_count_ == 0 && now >= deserted_from_;
  }

  /// Chooses a worker with room, or none: the less loaded of two random ones
  /// in the nearest ring (this node, its zone, the rest) that has a worker with
  /// a free slot. Without any, in the nearest ring where more may be sent
  /// ahead. A single piece prefers this loop.
  std::optional<index> choose(bool prefer_near, random_source& random) const;

  /// How many of `waiting` pieces to send to `worker` at once: enough to spare
  /// messages, few enough that the others can take their share.
  std::uint32_t portion(index worker, std::size_t waiting) const;

  /// So many calls were sent, of which `first` will be done first.
  void sent(index worker, call_id first, std::uint32_t count, time_point now);

  /// So many calls have ended, each of which kept the worker busy for so long.
  void ended(index worker, std::uint32_t count, duration busy_per_call);

  /// One of the calls that have ended.
  void judge(index worker, const call_result& result, time_point now) {
    if (outliers_.on_result(worker, result, now))
      allow(worker);
  }

  /// So many more (or fewer) of the worker's calls wait for maps of their own
  /// and leave their slots to others.
  void add_suspended(index worker, std::int32_t change);

  /// So many calls of others are at the worker, as it last said. They make it
  /// come second to its equals but never full: they may be over by now.
  void set_load_of_others(index worker, std::uint32_t calls) {
    workers_[worker].of_others = calls;
  }

  // -- outliers ---------------------------------------------------------------

  void set_silent(index worker, bool silent) noexcept {
    outliers_.set_silent(worker, silent);
  }

  /// Compares the workers, and changes which of them get no new calls. Returns
  /// those that were ejected because they are silent.
  std::vector<index> review(time_point now, random_source& random);

  /// Whether reviews are of use.
  bool needs_review() const noexcept {
    return outliers_.ejected_count() > 0 || in_flight_ > 0
           || (up_count_ == 0 && waiting_pieces_ > 0);
  }

  /// How long a call usually takes; zero if unknown.
  duration usual_latency() const noexcept {
    return outliers_.usual_latency();
  }

  // -- maps that wait ---------------------------------------------------------

  /// Pieces that may wait altogether.
  std::size_t waiting_max() const noexcept {
    if (defect("ignore_queue_limit"))
      return ~std::size_t{0};
    return std::max(up_count_, std::size_t{1}) * queue_;
  }

  struct earlier {
    bool operator()(const map_state* a, const map_state* b) const;
  };

  std::set<map_state*, earlier> waiting_maps;

  /// So many more (or fewer) pieces of `map` wait.
  void add_waiting(const map_state& map, std::ptrdiff_t change) noexcept;

  std::size_t waiting_pieces() const noexcept {
    return waiting_pieces_;
  }

  /// Of the maps that wait with low priority, the one whose turn comes last, or
  /// null.
  map_state* last_of_low_priority() const;

  /// How long a new piece of that priority will wait for a worker, as far as is
  /// known.
  duration queueing(priority of) const;

  /// Maps that were begun here of late; see `dispatcher::queueing`.
  std::uint32_t recent_maps = 0;

  // -- what has become of calls -----------------------------------------------

  /// A piece of a map has ended.
  void record(const outcome& what, duration latency) noexcept {
    counters_.record(what, latency);
  }

  void count_retry(bool allowed) noexcept {
    ++(allowed ? counters_.retries : counters_.retries_refused);
  }

  void count_poisoned(std::size_t pieces) noexcept {
    counters_.poisoned += pieces;
  }

  /// The counts so far, with the present load.
  backend_counters counters() const;

private:
  struct entry {
    worker_profile profile;
    std::uint32_t in_flight = 0;
    /// How many of those in flight use no slot.
    std::int32_t suspended = 0;
    std::uint32_t of_others = 0;
    bool up = false;
    /// Calls that it may have as an outlier, or as one that has come back.
    std::uint32_t allowance = outlier_detector::unlimited;

    /// Calls that use a slot or wait for one.
    std::uint32_t load() const noexcept {
      auto load = static_cast<std::int64_t>(in_flight) - suspended;
      return load > 0 ? static_cast<std::uint32_t>(load) : 0;
    }
  };

  /// How many calls a busy worker ends in `span`, as far as is known.
  std::uint32_t calls_in(duration span) const;

  /// Calls that the worker may have at once, those sent ahead included.
  std::uint32_t window(const entry& worker) const;

  /// Takes over what the outlier detector allows the worker.
  void allow(index worker);

  /// Puts the worker where its load says it belongs.
  void classify(index worker);

  std::string name_;
  std::uint32_t queue_;
  bool idempotent_;
  std::vector<entry> workers_;
  std::vector<index> unused_;
  /// Workers that may get calls.
  std::size_t up_count_ = 0;
  time_point deserted_from_ = time_point::min();
  /// Calls that all workers have.
  std::size_t in_flight_ = 0;
  outlier_detector outliers_;
  std::vector<outlier_view> views_;
  std::size_t waiting_pieces_ = 0;
  std::size_t waiting_pieces_low_ = 0;
  /// This node, its zone, and the rest.
  static constexpr std::size_t rings = 3;

  /// Workers with a free slot, and those that may only be sent something ahead.
  candidates free_near_;
  std::array<candidates, rings> free_;
  std::array<candidates, rings> open_;
  /// Smoothed time that a call keeps a worker busy, in nanoseconds; 0 as long
  /// as nothing is known.
  double interval_ns_ = 0;
  /// The same if all its slots were in use, supposing that calls do not slow
  /// each other down; where they do, it is found out when they are.
  double full_interval_ns_ = 0;
  backend_counters counters_;
};

} // namespace serval
