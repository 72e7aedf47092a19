#pragma once

#include "model/call.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// Calls that have ended at a worker.
struct ended_calls {
  worker_id from;
  std::vector<call_result> results;
  /// How long each kept the worker busy.
  duration busy_per_call{};
  /// Calls that the worker still has, whoever sent them.
  std::uint32_t in_hand = 0;
};

/// A dispatcher on another node, as this node's workers reach it. Calls have
/// the ids that it gave them. No function calls back before it returns.
class far_dispatcher {
public:
  virtual ~far_dispatcher() = default;

  virtual void worker_up(worker_id worker, const std::string& backend,
                         std::uint32_t concurrency)
    = 0;

  virtual void worker_drain(worker_id worker) = 0;

  /// `started` are the calls that user code may have started on, if that is
  /// known.
  virtual void
  worker_down(worker_id worker,
              const std::optional<std::vector<call_id>>& started)
    = 0;

  virtual void results(ended_calls ended) = 0;

  virtual void suspended(worker_id worker, std::int32_t change) = 0;

  virtual void silence(worker_id worker, bool silent) = 0;
};

} // namespace serval
