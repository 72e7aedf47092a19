#pragma once

#include "actor/loop_actor.hpp"
#include "dispatcher/dispatcher_actor.hpp"
#include "trigger/gate.hpp"
#include "trigger/open_requests.hpp"
#include "trigger/request_entry.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// The release that a trigger sends new requests to.
struct served_release {
  release_number number;
  local_dispatcher dispatcher;
  std::string entry;
  /// How long a request may take when its client does not say.
  duration deadline{};
  /// Where the release's dispatchers show how long requests queue; may be null.
  std::shared_ptr<const queue_board> board{};
};

/// Makes `release` the one for new requests. Requests in progress stay with the
/// release they began with; when the last of them is over, `on_idle` of the
/// release before runs, on the loop.
struct serve_release {
  served_release release;
  std::function<void()> on_previous_idle;
};

/// No new request is admitted from now on.
struct serve_nothing {
  std::function<void()> on_previous_idle;
};

/// What a trigger starts with.
struct trigger_setup {
  std::string application;
  /// Shared by the application's triggers on all loops.
  std::shared_ptr<admission> places;
  /// Of the node; outlives the trigger. May be null.
  const memory_gauge* memory = nullptr;
  std::uint64_t seed = 0;
};

/// TRIGGER: accepts one application's external requests on one loop, pins each
/// to a release, and starts its first layer.
class trigger_actor final : public loop_actor,
                            public request_entry,
                            private map_client {
public:
  trigger_actor(caf::actor_config& config, trigger_setup setup);

  caf::behavior make_behavior() override;

  const char* name() const override {
    return "trigger";
  }

  /// Answers what is still in progress.
  void on_exit() override;

  // -- request_entry, on the same loop ----------------------------------------

  ticket start(external_request request, reply_handler on_reply) override;

  void cancel(ticket request) override;

private:
  /// A release with requests in progress. The last owner to go tells.
  struct release_use {
    served_release release;
    std::function<void()> on_idle;

    ~release_use() {
      if (on_idle)
        on_idle();
    }
  };

  struct open_request {
    reply_handler on_reply;
    std::shared_ptr<release_use> use;
    map_id map;
    gate::pass pass;
  };

  void map_done(std::uint64_t token, map_outcomes outcomes) override;

  gate::load load_of(const served_release& release, priority of) const;

  void replace(std::shared_ptr<release_use> next,
               std::function<void()> on_previous_idle);

  std::string application_;
  const memory_gauge* memory_;
  gate gate_;
  std::shared_ptr<release_use> current_;
  open_requests<open_request> open_;
};

/// A trigger as its loop's ingresses hold it. The handle keeps it alive.
struct local_trigger {
  caf::actor handle;
  request_entry* entry = nullptr;
};

local_trigger spawn_trigger(caf::actor_system& system, loop* home,
                            trigger_setup setup);

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::serve_release)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::serve_nothing)
