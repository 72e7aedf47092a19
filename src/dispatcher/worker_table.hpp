#pragma once

#include "dispatcher/backend_pool.hpp"
#include "dispatcher/near_worker.hpp"
#include "model/call.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// A dispatcher, as those on its loop see it who bring it workers from
/// elsewhere. What it does about news it does before the function returns,
/// which may include calls to workers.
class worker_table {
public:
  virtual ~worker_table() = default;

  /// Whether the release has a backend of that name.
  virtual bool has_backend(std::string_view name) const = 0;

  /// REQUIRES: has_backend(backend), and no worker of that id is known.
  /// `worker` lives until `lose_worker`.
  virtual void add_worker(const std::string& backend, worker_profile profile,
                          near_worker& worker)
    = 0;

  /// No calls follow.
  virtual void drain_worker(worker_id worker) = 0;

  /// See `dispatcher::worker_died`. The worker is not used any more.
  virtual void
  lose_worker(worker_id worker,
              const std::optional<std::vector<call_id>>& started)
    = 0;

  /// Calls have ended. See `dispatcher::results`.
  virtual void take_results(worker_id from, std::vector<call_result> results,
                            duration busy_per_call)
    = 0;

  /// See `dispatcher::set_load`.
  virtual void set_load(worker_id worker, std::uint32_t calls) = 0;

  /// See `dispatcher::add_suspended`.
  virtual void add_suspended(worker_id worker, std::int32_t change) = 0;

  /// See `dispatcher::worker_silent`.
  virtual void set_silent(worker_id worker, bool silent) = 0;
};

} // namespace serval
