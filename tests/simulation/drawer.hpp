#pragma once

#include "app_master/supervision.hpp"
#include "simulation/event_loop.hpp"

namespace serval::simulation {

/// Draws what a world is like, from its seed.
class drawer {
public:
  explicit drawer(std::uint64_t seed) : random_(seed ^ 0x5e7a1u) {
    // nop
  }

  /// Zero, or a span between the two.
  duration maybe(duration least, duration most) {
    return on() ? span(least, most) : duration{};
  }

  double maybe(double most) {
    return on() ? most * random_.unit() : 0;
  }

  duration span(duration least, duration most) {
    return between(random_, least, most);
  }

  std::uint32_t number(std::uint32_t least, std::uint32_t most) {
    return least + random_.below(most - least + 1);
  }

  bool on(double probability = 0.4) {
    return happens(random_, probability);
  }

private:
  random_source random_;
};

/// Shorter than in production, so that what is to end by itself ends within
/// the time that a world has to calm down.
supervision_options draw_supervision(drawer& draw);

} // namespace serval::simulation
