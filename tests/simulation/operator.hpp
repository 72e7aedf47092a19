#pragma once

#include "simulation/daemon.hpp"
#include "simulation/network.hpp"

#include <functional>
#include <string>
#include <vector>

namespace serval::simulation {

/// Somebody who deploys, scales and deletes applications over a bad network,
/// and repeats what was not answered under the same operation id.
class simulated_operator {
public:
  /// The daemon that is there at the moment, or null.
  using daemon_finder = std::function<daemon*()>;

  simulated_operator(scene& in, std::uint32_t number, daemon_finder find);

private:
  struct operation {
    std::string app;
    app_command command;
    int attempts = 0;
    bool answered = false;
  };

  void act_later();
  void act();
  operation make();
  app_spec make_spec(const std::string& app);
  void send(std::shared_ptr<operation> what);

  scene& in_;
  network network_;
  daemon_finder find_;
  std::string name_;
  std::uint64_t last_id_ = 0;
  std::vector<operation> sent_;
  std::vector<app_spec> specs_;
};

} // namespace serval::simulation
