#pragma once

#include "simulation/virtual_dispatcher.hpp"
#include "trigger/gate.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace serval::simulation {

/// A release that requests are pinned to. The last owner to go tells.
struct release_use {
  release_number release;
  virtual_dispatcher* dispatcher = nullptr;
  std::shared_ptr<const app_spec> spec;
  const queue_board* board = nullptr;
  std::function<void()> on_idle;

  ~release_use() {
    if (on_idle)
      on_idle();
  }
};

/// What a trigger's actor does around its gate, on one simulated loop.
class virtual_trigger {
public:
  using reply_handler = std::function<void(outcome)>;

  virtual_trigger(scene& in, std::string app,
                  std::shared_ptr<admission> places);

  /// Makes this release the one for new requests, or none.
  void serve(std::shared_ptr<release_use> next,
             std::function<void()> on_previous_idle);

  /// Starts a request under its id, or refuses it at once.
  void start(const std::string& id, external_request request,
             reply_handler on_reply);

  /// The client has left.
  void cancel(const std::string& id);

  bool idle() const noexcept {
    return open_.empty();
  }

private:
  struct open_request {
    reply_handler on_reply;
    std::shared_ptr<release_use> use;
    map_id map;
    gate::pass pass;
  };

  void map_done(const std::string& id, map_outcomes outcomes);

  scene& in_;
  std::string app_;
  gate gate_;
  std::shared_ptr<release_use> current_;
  std::map<std::string, open_request> open_;
};

} // namespace serval::simulation
