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
template <class Knobs, class Facts, class Promise>
struct shared_scene {
  shared_scene(std::uint64_t seed, Knobs knobs,
               std::vector<std::unique_ptr<Promise>> watched)
    : how(std::move(knobs)), loop(seed), promises(std::move(watched)) {
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

  Knobs how;
  event_loop loop;
  Facts known;
  std::vector<std::unique_ptr<Promise>> promises;
  /// Nothing goes wrong any more.
  bool calm = false;
  std::optional<violation> broken;
};

/// That of a world with one machine.
struct scene : shared_scene<knobs, facts, promise> {
  explicit scene(std::uint64_t seed) : scene(seed, draw_knobs(seed)) {
    // nop
  }

private:
  scene(std::uint64_t seed, const knobs& how)
    : shared_scene(seed, how, all_promises(how.supervision)) {
    // nop
  }
};

} // namespace serval::simulation
