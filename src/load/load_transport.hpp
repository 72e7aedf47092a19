#pragma once

#include "load/request_end.hpp"

#include <cstdint>
#include <string_view>

namespace serval {

/// How a request ended, as its transport tells it.
struct transport_end {
  std::uint32_t slot = 0;
  request_end end = request_end::unfinished;
  /// Of the answer's body.
  std::uint64_t bytes = 0;
  /// Borrowed; empty if the answer does not say.
  std::string_view worker = {};
};

class load_sink {
public:
  /// The request of a slot is over, and the slot free. May start others.
  virtual void on_end(const transport_end& ended, time_point now) = 0;

protected:
  ~load_sink() = default;
};

/// Carries the requests of one thread to the target, and is this thread's
/// clock. Used on one thread.
class load_transport {
public:
  virtual ~load_transport() = default;

  virtual time_point now() const noexcept = 0;

  /// Sends body number `body` as the request of `slot`, which is free; the sink
  /// is told of its end, though never before this returns. False if all
  /// connections are busy.
  virtual bool start(std::uint32_t slot, std::uint32_t body, std::uint64_t id,
                     load_sink& sink)
    = 0;

  /// Nobody waits for the request of `slot` any more; the sink is not told.
  virtual void abandon(std::uint32_t slot) = 0;

  /// Deals with what arrived; if nothing did, waits for it until `until`.
  /// Returns what time it is then.
  virtual time_point wait(time_point until) = 0;
};

} // namespace serval
