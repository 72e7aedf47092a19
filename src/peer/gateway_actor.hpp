#pragma once

#include "actor/loop_actor.hpp"
#include "actor/messages.hpp"
#include "peer/relay.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>

namespace serval {

/// GATEWAY: the relay with its effects, on one loop. The workers of a release
/// reach it as they reach a dispatcher; sessions of its loop call the relay
/// directly.
class gateway_actor final : public loop_actor, private relay_effects {
public:
  /// `number` is its place among the dispatchers of the release.
  gateway_actor(caf::actor_config& config, std::uint8_t number);

  caf::behavior make_behavior() override;

  const char* name() const override {
    return "gateway";
  }

  void on_exit() override;

  /// On the same loop.
  relay& core() noexcept {
    return core_;
  }

private:
  void send(worker_id to, std::vector<worker_call> calls) override;
  void cancel(worker_id to, std::vector<call_id> calls) override;
  void acknowledge_drain(worker_id worker) override;
  void tell(worker_id worker, auto message);

  std::uint8_t number_;
  relay core_;
  boost::unordered_flat_map<worker_id, caf::actor, std::hash<worker_id>>
    workers_;
};

/// A gateway as the sessions of its loop hold it. The handle keeps the object
/// alive.
struct local_gateway {
  caf::actor handle;
  gateway_actor* object = nullptr;
};

local_gateway spawn_gateway(caf::actor_system& system, loop* home,
                            std::uint8_t number);

/// Ends a gateway that no worker knows any more.
void end_gateway(const local_gateway& gateway);

} // namespace serval
