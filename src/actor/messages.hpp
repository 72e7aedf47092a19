#pragma once

#include "base/result.hpp"
#include "dispatcher/backend_pool.hpp"
#include "dispatcher/near_worker.hpp"
#include "model/call.hpp"
#include "model/ids.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// All messages between actors, by the way they go. They stay in the process, so
// none needs a serialised form; what crosses processes is in schemas/.

namespace serval {

// -- dispatcher → worker ------------------------------------------------------

/// Calls of one map for one worker.
struct call_batch {
  std::vector<worker_call> calls;
};

/// Nobody waits for these any more.
struct cancel_batch {
  std::vector<call_id> calls;
};

/// No call will follow those already sent. Answers `worker_drain`.
struct drain_acknowledged {
  std::uint8_t dispatcher = 0;
  worker_id worker;
};

// -- worker → dispatcher ------------------------------------------------------

/// Calls that have ended at a worker, and what it took for each.
struct result_batch {
  worker_id from;
  std::vector<call_result> results;
  duration busy_per_call{};
  /// Calls that the worker still has, whoever sent them.
  std::uint32_t in_hand = 0;
};

/// The dispatcher's call at the worker waits for so many more (or fewer) maps
/// of its own.
struct suspended_change {
  worker_id worker;
  std::int32_t change = 0;
  call_id call;
};

/// The worker takes calls from now on.
struct worker_up {
  std::string backend;
  worker_profile profile;
  caf::actor worker;
  /// Set for the dispatcher on the loop of `worker`, and lives as long.
  near_worker* near = nullptr;
};

/// The worker wants no more calls; `drain_acknowledged` is the answer.
struct worker_drain {
  worker_id worker;
};

/// The worker is gone with all that it had.
struct worker_down {
  worker_id worker;
  /// The calls that user code may have started on, if that is known.
  std::optional<std::vector<call_id>> received;
};

/// The worker has calls but shows no sign of life, or shows one again.
struct worker_silence {
  worker_id worker;
  bool silent = false;
};

// -- node → worker ------------------------------------------------------------

/// Ends the worker: it drains for at most `drain`, then its user code gets
/// `grace` to unwind.
struct end_worker {
  duration drain{};
  duration grace{};
};

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::call_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::cancel_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::drain_acknowledged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::result_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::suspended_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::worker_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::worker_drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::worker_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::worker_silence)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::end_worker)
