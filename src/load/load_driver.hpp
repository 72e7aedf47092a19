#pragma once

#include "load/arrival_schedule.hpp"
#include "load/load_recorder.hpp"
#include "load/load_transport.hpp"
#include "load/request_mix.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace serval {

/// What one thread of a run does.
struct driver_settings {
  time_point start;
  /// Since `start`: when to begin to count, and when to stop sending.
  duration warm_up{};
  duration end{};
  /// For each request since it was sent, and for all of them after the end.
  duration timeout{};
  /// Requests kept in flight in a closed loop; 0 in an open loop.
  std::uint32_t in_flight = 0;
  /// How often a failed request is sent again, at once.
  std::uint32_t retries = 0;
  std::uint64_t seed = 0;
  /// Which of how many threads this is.
  std::uint32_t share = 0;
  std::uint32_t shares = 1;
};

/// Sees each request that ends, warm-up included; one that is sent again also
/// each time before.
class load_observer {
public:
  virtual void on_request(const request_record& request) = 0;

protected:
  ~load_observer() = default;
};

/// Decides when each request is sent and when it is given up, and records what
/// becomes of it. In an open loop requests are sent when they are due, whatever
/// became of those before; in a closed loop when another one has ended.
class load_driver final : private load_sink {
public:
  /// `schedule` is for an open loop. All references must outlive the driver.
  /// Once `stop` is set, nothing more is sent.
  load_driver(const driver_settings& settings,
              std::optional<arrival_schedule> schedule, const request_mix& mix,
              load_transport& transport, load_observer& observer,
              const std::atomic<bool>& stop);

  /// Runs until the last request has ended.
  void run();

  const load_recorder& record() const noexcept {
    return record_;
  }

  /// When sending stopped, since the start.
  duration stopped_at() const noexcept {
    return stopped_at_;
  }

private:
  struct open_request {
    duration intended{};
    duration sent{};
    std::uint64_t id = 0;
    std::uint32_t attempt = 0;
    std::uint32_t body = 0;
    bool open = false;
  };

  /// A request that is due.
  struct due_request {
    duration intended{};
    std::uint32_t attempt = 0;
  };

  void on_end(const transport_end& ended, time_point now) override;

  duration since_start(time_point at) const noexcept {
    return at - settings_.start;
  }

  void step(duration now);
  void send_due(duration now);
  void send_again(duration now);
  bool send(due_request request);
  void finish(std::uint32_t slot, const transport_end& ended, duration now);
  void give_up_late(duration now);
  void give_up_all(duration now);
  bool is_over(duration now) const noexcept;
  duration next_event() const noexcept;

  driver_settings settings_;
  std::optional<arrival_schedule> schedule_;
  std::optional<duration> due_;
  const request_mix& mix_;
  load_transport& transport_;
  load_observer& observer_;
  const std::atomic<bool>& stop_;
  random_source random_;
  load_recorder record_;

  std::vector<open_request> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t open_ = 0;
  /// Requests that are due and wait for a connection: those of an open loop,
  /// and all that are sent again.
  std::deque<due_request> waiting_;
  /// Closed loop: requests to be sent, and when, since the way there failed.
  std::deque<duration> again_;
  std::uint64_t next_id_;
  duration next_check_{};
  bool sending_ = true;
  duration stopped_at_{};
};

} // namespace serval
