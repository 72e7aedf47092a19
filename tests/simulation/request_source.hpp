#pragma once

#include "simulation/daemon.hpp"

#include <functional>
#include <string>

namespace serval::simulation {

/// Clients that send requests to whichever application, whatever became of
/// those before; some leave before they are answered.
class request_source {
public:
  using daemon_finder = std::function<daemon*()>;

  request_source(scene& in, daemon_finder find);

private:
  void send_later();
  void send();
  void arrive(daemon& at, const std::string& app, const std::string& id,
              std::string body);
  void check_deadline(daemon& at, const std::string& id, time_point deadline);

  scene& in_;
  daemon_finder find_;
  std::uint64_t last_ = 0;
};

} // namespace serval::simulation
