#pragma once

#include "actor/loop_actor.hpp"
#include "actor/messages.hpp"
#include "dispatcher/dispatcher.hpp"
#include "dispatcher/queue_board.hpp"
#include "dispatcher/worker_table.hpp"
#include "model/app_spec.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace serval {

/// Somebody who waits for maps.
class map_client {
public:
  virtual ~map_client() = default;

  /// `token` is what was given to `begin_map`.
  virtual void map_done(std::uint64_t token, map_outcomes outcomes) = 0;
};

/// What a dispatcher starts with.
struct dispatcher_setup {
  /// Tells the dispatchers of a release apart: the loop's index.
  std::uint8_t number = 0;
  std::uint64_t seed = 0;
  /// The backends of the release.
  std::vector<backend_spec> backends;
  /// Shared by the dispatchers of the release.
  std::shared_ptr<poison_table> poison = std::make_shared<poison_table>();
  /// Where the dispatcher shows how long requests queue; may be null.
  std::shared_ptr<queue_board> board;
  /// Gets copies of a backend's counters: about once a second while there are
  /// calls, after the last of them, and at the end. On the loop; may be empty.
  std::function<void(std::string_view backend, const backend_counters&)>
    publish;
  /// The dispatcher is over and has handed out its last counters. May be empty.
  std::function<void()> on_over;
};

/// DISPATCHER: the core with its effects, on one loop. Workers reach it through
/// its mailbox. Triggers and workers on its own loop call it directly, which is
/// what keeps a request on one loop without a message for each step.
class dispatcher_actor final : public loop_actor,
                               public worker_table,
                               private dispatcher_effects {
public:
  dispatcher_actor(caf::actor_config& config, dispatcher_setup setup);

  caf::behavior make_behavior() override;

  const char* name() const override {
    return "dispatcher";
  }

  void on_exit() override;

  // -- on the same loop -------------------------------------------------------

  /// Starts a map. `client` hears of its end later, not before this returns,
  /// unless `end_map` comes first. The client outlives the map.
  map_id begin_map(map_request request, map_client& client,
                   std::uint64_t token);

  /// Nobody waits for the map any more.
  void end_map(map_id map);

  bool has_backend(std::string_view name) const override;
  void add_worker(const std::string& backend, worker_profile profile,
                  near_worker& worker) override;
  void drain_worker(worker_id worker) override;
  void lose_worker(worker_id worker,
                   const std::optional<std::vector<call_id>>& started)
    override;
  void take_results(worker_id from, std::vector<call_result> results,
                    duration busy_per_call) override;
  void set_load(worker_id worker, std::uint32_t calls) override;
  void add_suspended(worker_id worker, std::int32_t change) override;
  void set_silent(worker_id worker, bool silent) override;

private:
  struct expiry final : timer {
    dispatcher_actor* owner = nullptr;
    void on_timer(time_point now) override;
  };

  /// Hands out the counters; armed by the first call after the last time.
  struct publication final : timer {
    dispatcher_actor* owner = nullptr;
    void on_timer(time_point now) override;
  };

  struct known_worker {
    caf::actor handle; ///< Null if it is not told of acknowledgements.
    near_worker* near = nullptr;
  };

  struct waiting_client {
    map_client* client = nullptr;
    std::uint64_t token = 0;
  };

  void send(worker_id to, std::vector<worker_call> calls) override;
  void cancel(worker_id to, std::vector<call_id> calls) override;
  void done(map_id map, map_outcomes outcomes) override;

  void add(const std::string& backend, worker_profile profile,
           known_worker worker);
  void set_expiry();
  void show_queueing();
  void tell(map_id map, map_outcomes outcomes);

  /// Outlives the core.
  std::shared_ptr<poison_table> poison_;
  dispatcher core_;
  std::uint8_t number_;
  boost::unordered_flat_map<worker_id, known_worker, std::hash<worker_id>>
    workers_;
  boost::unordered_flat_map<std::uint64_t, waiting_client> clients_;
  /// Set while `begin_map` runs: a map that is done at once is told later.
  bool beginning_ = false;
  /// Who `begin_map` runs for; taken over if the map is done at once.
  waiting_client early_;
  std::shared_ptr<queue_board> board_;
  bool shows_queueing_ = false;
  expiry expiry_;
  std::function<void(std::string_view, const backend_counters&)> publish_;
  std::function<void()> on_over_;
  publication publication_;
};

/// A dispatcher as its loop's triggers and workers hold it. The handle keeps
/// the object alive.
struct local_dispatcher {
  caf::actor handle;
  dispatcher_actor* object = nullptr;

  explicit operator bool() const noexcept {
    return object != nullptr;
  }
};

local_dispatcher spawn_dispatcher(caf::actor_system& system, loop* home,
                                  dispatcher_setup setup);

} // namespace serval
