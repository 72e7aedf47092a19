#pragma once

#include "base/timer_queue.hpp"
#include "model/call.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace serval {

class backend_pool;
class dispatcher;

/// A map in progress: what is known of each piece. It is its own timer, due at
/// the request's deadline or at its `best_by`.
class map_state final : public timer {
public:
  /// Where a piece is: at the worker of that index, or one of these.
  using place = std::uint32_t;
  static constexpr place waiting = ~place{0};
  static constexpr place ended = waiting - 1;

  /// `expired` is where the map puts itself when its time has come.
  void open(std::uint32_t number, map_request request, backend_pool& pool,
            std::vector<map_state*>& expired, time_point now);

  /// Back to the blank state, keeping memory.
  void close();

  void on_timer(time_point now) override;

  // -- pieces -----------------------------------------------------------------

  /// Pieces that have no worker yet.
  std::size_t waiting_count() const noexcept {
    return request.pieces.size() - next_ + again_.size();
  }

  /// The next piece without a worker. REQUIRES: waiting_count() > 0
  std::uint32_t take_waiting();

  /// A piece is sent once more at most twice, and once if a worker may have
  /// started on it: what kills its worker meets one other.
  static constexpr std::uint8_t retries_max = 2;

  bool may_wait_again(std::uint32_t piece, bool started) const;

  /// A piece lost its worker and may have another. REQUIRES:
  /// may_wait_again(piece, started)
  void wait_again(std::uint32_t piece, bool started);

  /// Takes the pieces out of those that wait that `ends` is true for, and
  /// returns them; they are to be ended.
  std::vector<std::uint32_t>
  take_waiting_if(const std::function<bool(std::uint32_t)>& ends);

  void set_ended(std::uint32_t piece, outcome what);

  /// Whether the policy is met, or cannot be met any more.
  bool settled() const noexcept;

  /// Puts earlier work first: deeper, then high priority, then the
  /// earlier deadline, then older.
  friend bool comes_before(const map_state& a, const map_state& b) noexcept;

  std::uint32_t number = 0;
  map_request request;
  time_point begun;
  backend_pool* pool = nullptr;
  std::vector<place> places;
  map_outcomes outcomes;
  std::size_t open_count = 0;
  std::size_t success_count = 0;
private:
  std::vector<map_state*>* expired_ = nullptr;
  /// The first piece that was never sent.
  std::uint32_t next_ = 0;
  /// Pieces to be sent once more.
  std::vector<std::uint32_t> again_;
  /// How often a piece was sent once more, and how often after a start.
  struct retries {
    std::uint8_t all = 0;
    std::uint8_t started = 0;
  };
  boost::unordered_flat_map<std::uint32_t, retries> retried_;
};

} // namespace serval
