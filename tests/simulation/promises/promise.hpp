#pragma once

#include "app_master/app_master.hpp"
#include "dispatcher/backend_counters.hpp"
#include "model/call.hpp"
#include "simulation/facts.hpp"
#include "simulation/promises/watcher.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval::simulation {

/// Names a dispatcher, for as long as the daemon lives.
struct dispatcher_name {
  std::string app;
  release_number release;
  std::size_t loop = 0;
  friend auto operator<=>(const dispatcher_name&,
                          const dispatcher_name&) = default;
};

/// What the product promises, as something that watches a world. It is told
/// what happens right before the product knows of it, or right after the
/// product has decided it, and says when it saw the promise broken.
class promise : public watcher {
public:
  using watcher::watcher;

  // -- control plane ----------------------------------------------------------

  /// The daemon begins another life; all workers are gone.
  virtual void on_daemon() {}

  /// A command is answered with success, as of this sequence.
  virtual void on_done(const app_facts&, const app_command&, sequence) {}

  /// A journal was read, and later an app_master has begun with it.
  virtual void on_read(const app_facts&, const journal&) {}
  virtual void on_recovered(const app_facts&, const app_master&) {}

  /// An append went well, and its app_master knows.
  virtual void on_appended(const app_facts&, const app_master&) {}

  /// An app_master wants something done.
  virtual void on_effect(const app_facts&, const effect&, const app_master&) {}

  // -- data plane -------------------------------------------------------------

  virtual void on_worker_up(const dispatcher_name&, const backend_spec&,
                            worker_id) {}
  virtual void on_worker_drained(const dispatcher_name&, worker_id) {}
  /// With the calls that user code may have started on, if that is known.
  virtual void on_worker_down(const dispatcher_name&, worker_id,
                              const std::optional<std::vector<call_id>>&) {}
  virtual void on_worker_silent(const dispatcher_name&, worker_id, bool) {}

  /// A dispatcher was asked for a map and has begun it.
  virtual void on_map(const dispatcher_name&, const backend_spec&, std::size_t,
                      const backend_counters&) {}

  /// A dispatcher sends calls to a worker.
  virtual void on_calls(const dispatcher_name&, worker_id,
                        const std::vector<worker_call>&,
                        const backend_counters&) {}

  /// User code begins with a call.
  virtual void on_call_begins(const backend_spec&, const worker_call&) {}

  /// A worker was killed by what it was given, and the release's poison table
  /// knows.
  virtual void on_killed_by(const std::string&, release_number,
                            std::string_view) {}

  /// A worker that was to finish its calls has stopped, with these in hand.
  virtual void on_stopped(worker_id, const std::map<call_id, worker_call>&) {}

  /// A trigger has let a request in; it answered, or the client was gone
  /// before.
  virtual void on_request(const std::string&, const request_facts&) {}
  virtual void on_answer(const std::string&, const outcome&) {}
  virtual void on_nobody_waits(const std::string&) {}

  /// The deadline of a request is over, and the daemon had time to notice.
  virtual void on_deadline(const std::string&) {}
};

/// All promises that are watched, fresh for one world.
std::vector<std::unique_ptr<promise>>
all_promises(const supervision_options& options);

} // namespace serval::simulation
