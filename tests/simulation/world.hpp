#pragma once

#include "simulation/history.hpp"
#include "simulation/operator.hpp"
#include "simulation/request_source.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval::simulation {

/// A machine with a daemon and those who use it, in which things go wrong as a
/// seed decides. It lives in two parts: at first anything may happen and every
/// promise is checked at each step (safety); then nothing goes wrong any more,
/// and everything must become as the journals want it (liveness).
class world {
public:
  explicit world(std::uint64_t seed, bool talks = false);

  history live();

private:
  void start_daemon();
  void end_daemon(bool power_cut);
  void restart_daemon_later(duration most);
  void attend();

  void schedule(duration every, void (world::*what)());
  void crash();
  void pause();
  void crash_master();
  void depose();
  void hurt_worker();
  void freeze_worker();
  void slow_worker();
  void grow_worker();
  void make_worker_ill();

  void calm_down();
  /// Empty if all is as it should be, else what is not.
  std::string unrest() const;
  std::string unrest_of(const app_facts& app) const;

  std::uint64_t seed_;
  scene in_;
  disk disk_;
  std::unique_ptr<daemon> daemon_;
  bool starts_ = false;
  /// The store rightly refuses what is left of it; nothing more can happen.
  bool refused_ = false;
  std::vector<std::unique_ptr<simulated_operator>> operators_;
  std::optional<request_source> requests_;
};

} // namespace serval::simulation
