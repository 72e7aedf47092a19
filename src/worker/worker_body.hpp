#pragma once

#include "base/result.hpp"
#include "model/call.hpp"
#include "worker/executor.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace serval {

/// What is lost when a body dies.
struct lost_calls {
  /// Those that its user code may have started on.
  std::vector<call_id> received;
  /// The one that it died of, if it did.
  std::optional<worker_call> culprit;
};

/// What a body tells its worker actor. All on the worker's home loop.
class worker_body_events {
public:
  virtual ~worker_body_events() = default;

  /// The instance is made and warm; calls may come. Once, unless `ended`
  /// comes instead.
  virtual void ready() = 0;

  /// The body is over and will say nothing more: it could not start, it died,
  /// or it was stopped (`stopped`, then `why` is empty). Every call that was
  /// submitted and not reported is lost with it; the actor answers for them.
  virtual void ended(bool stopped, error why) = 0;

  /// The body has died and `ended` follows at once. A body that does not tell
  /// may have started on every call that it has.
  virtual void losing(lost_calls) {
    // nop
  }

  /// Answers `worker_body::check_health`.
  virtual void health_checked(result<void>) {
    // nop
  }

  /// The body has calls but shows no sign of life, or shows one again.
  virtual void silent(bool) {
    // nop
  }

  /// Calls have ended; batched as they came. Each kept the body busy for so
  /// long.
  virtual void finished(std::vector<call_result> results,
                        duration busy_per_call)
    = 0;

  /// User code wants pieces done; `worker_body::map_done` is the answer.
  virtual void begin_map(map_ticket ticket, call_id call, map_request request)
    = 0;

  /// Nobody waits for that map any more.
  virtual void end_map(map_ticket ticket) = 0;

  /// A line for the operator's log; `level` is a serval_log_level.
  virtual void log(std::string_view request_id, std::uint32_t level,
                   std::string_view text)
    = 0;
};

/// Where a worker's user code runs, as its actor sees it: in line on the home
/// loop, or in a worker process. Exchangeable behind the actor. All on the
/// worker's home loop; no function calls back before it returns.
class worker_body {
public:
  virtual ~worker_body() = default;

  /// Hands calls to user code. REQUIRES: `ready` was told, `ended` was not.
  virtual void submit(std::vector<worker_call> calls) = 0;

  /// Tells a call that nobody waits for it; it still ends with `finished`.
  virtual void cancel(call_id call) = 0;

  /// Answers `begin_map`.
  virtual void map_done(map_ticket ticket, map_outcomes outcomes) = 0;

  /// Asks user code whether it can do its work, between two calls' turns;
  /// `health_checked` is the answer. REQUIRES: as `submit`, and no other such
  /// question is open.
  virtual void check_health() = 0;

  /// Cancels what runs, gives it `grace` to unwind, and ends. Also before
  /// `ready`.
  virtual void stop(duration grace) = 0;

  /// The process that user code runs in; 0 if there is none at the moment.
  virtual std::int64_t pid() const = 0;
};

} // namespace serval
