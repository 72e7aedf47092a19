#pragma once

#include "peer/far_dispatcher.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// What a relay has the workers of this node do. None calls back before it
/// returns.
class relay_effects {
public:
  virtual ~relay_effects() = default;

  virtual void send(worker_id to, std::vector<worker_call> calls) = 0;

  virtual void cancel(worker_id to, std::vector<call_id> calls) = 0;

  /// No calls follow those already sent.
  virtual void acknowledge_drain(worker_id worker) = 0;
};

/// Stands between a release's workers on this node and dispatchers on others.
/// To the workers it is one more dispatcher, whatever comes and goes behind it.
/// It chooses nothing: the dispatchers do. Pure.
class relay {
public:
  /// Calls that all dispatchers together may have here; a bound for memory, far
  /// beyond what workers' queues take.
  static constexpr std::size_t calls_max = 1 << 18;

  /// `number` is the relay's among the dispatchers of the release here.
  relay(std::uint8_t number, relay_effects& effects);

  // -- workers of this node ---------------------------------------------------

  void worker_up(worker_id worker, std::string backend,
                 std::uint32_t concurrency);

  /// Acknowledged once all dispatchers have.
  void worker_drain(worker_id worker);

  void worker_down(worker_id worker,
                   const std::optional<std::vector<call_id>>& started);

  void results(ended_calls ended);

  void suspended(call_id call, std::int32_t change);

  void silence(worker_id worker, bool silent);

  // -- dispatchers elsewhere --------------------------------------------------

  /// Tells it of the workers, now and later. It lives until `detach`.
  void attach(far_dispatcher& who);

  /// Cancels its calls; nothing is told it any more.
  void detach(far_dispatcher& who);

  /// What cannot be taken is answered as never begun.
  void calls(far_dispatcher& from, worker_id to,
             std::vector<worker_call> calls);

  /// Their results still come.
  void cancel(far_dispatcher& from, const std::vector<call_id>& calls);

  void drain_acknowledged(far_dispatcher& from, worker_id worker);

  std::size_t open_calls() const noexcept {
    return calls_.size();
  }

private:
  struct open_call {
    far_dispatcher* from = nullptr;
    call_id theirs;
    worker_id worker;
  };

  struct known_worker {
    std::string backend;
    std::uint32_t concurrency = 1;
    bool silent = false;
    bool draining = false;
    /// Those that have not acknowledged the drain.
    boost::unordered_flat_set<far_dispatcher*> unacknowledged;
  };

  /// The relay's ids of a dispatcher's calls, by the dispatcher's.
  using own_ids = boost::unordered_flat_map<std::uint64_t, std::uint64_t>;

  static bool takes_calls(far_dispatcher& from, const known_worker& worker);
  void acknowledged(worker_id worker, known_worker& entry,
                    far_dispatcher& by);
  std::optional<open_call> take(call_id own);

  std::uint8_t number_;
  relay_effects& effects_;
  std::uint64_t last_call_ = 0;
  std::map<worker_id, known_worker> workers_;
  boost::unordered_flat_map<std::uint64_t, open_call> calls_;
  boost::unordered_flat_map<far_dispatcher*, own_ids> dispatchers_;
};

} // namespace serval
