#pragma once

#include "simulation/event_loop.hpp"
#include "simulation/facts.hpp"
#include "simulation/knobs.hpp"
#include "simulation/promises/promise.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace serval::simulation {

/// What everything in a world shares: its time, its faults, what is true in it,
/// and who watches.
struct scene {
  explicit scene(std::uint64_t seed)
    : how(draw_knobs(seed)),
      loop(seed),
      promises(all_promises(how.supervision)) {
    // nop
  }

  random_source& random() noexcept {
    return loop.random();
  }

  /// Whether something that goes wrong with this probability does so now.
  bool fails(double probability) {
    return !calm && happens(random(), probability);
  }

  /// Shows all promises something: `watch(&promise::on_map, …)`.
  template <class Function, class... Ts>
  void watch(Function function, const Ts&... args) {
    for (auto& each : promises) {
      each->now = loop.now();
      ((*each).*function)(args...);
      if (each->broken() && !broken)
        broken = violation{each->name(), *each->broken()};
    }
  }

  knobs how;
  event_loop loop;
  facts known;
  std::vector<std::unique_ptr<promise>> promises;
  /// Nothing goes wrong any more.
  bool calm = false;
  std::optional<violation> broken;
};

} // namespace serval::simulation
