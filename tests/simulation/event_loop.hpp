#pragma once

#include "base/random.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace serval::simulation {

/// Everything that happens in a simulated world, in the order of its virtual
/// time. What is due at the same time comes in an order that the seed chooses.
class event_loop {
public:
  using event = std::function<void()>;

  explicit event_loop(std::uint64_t seed) : random_(seed) {
    // nop
  }

  time_point now() const noexcept {
    return now_;
  }

  random_source& random() noexcept {
    return random_;
  }

  void at(time_point due, event what);

  void after(duration wait, event what) {
    at(now_ + wait, std::move(what));
  }

  /// Lets the next event happen; false if there is none before `end`, which is
  /// the time then.
  bool step(time_point end);

  std::uint64_t events() const noexcept {
    return events_;
  }

  /// Makes something that was seen part of the trace.
  void note(std::string_view what, std::uint64_t a = 0, std::uint64_t b = 0);

  /// A hash of all that was noted and when: equal for equal histories.
  std::uint64_t trace() const noexcept {
    return trace_;
  }

  /// Prints what is noted.
  bool talks = false;

private:
  struct entry {
    time_point due;
    std::uint64_t tie;
    event what;
  };

  static bool later(const entry& a, const entry& b) noexcept {
    return a.due != b.due ? a.due > b.due : a.tie > b.tie;
  }

  void mix(std::uint64_t value) noexcept;

  random_source random_;
  time_point now_{std::chrono::hours{1}};
  std::vector<entry> heap_;
  std::uint64_t events_ = 0;
  std::uint64_t trace_ = 0;
};

/// A random span between the two.
duration between(random_source& random, duration least, duration most);

/// A random wait for something that happens every `mean` on average.
duration wait_for(random_source& random, duration mean);

/// Whether something happens that has this probability.
inline bool happens(random_source& random, double probability) {
  return probability > 0 && random.unit() < probability;
}

} // namespace serval::simulation
