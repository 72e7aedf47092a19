#include "simulation/event_loop.hpp"

#include "base/assert.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace serval::simulation {

void event_loop::at(time_point due, event what) {
  heap_.push_back({std::max(due, now_), random_(), std::move(what)});
  std::ranges::push_heap(heap_, later);
}

bool event_loop::step(time_point end) {
  if (heap_.empty() || heap_.front().due > end) {
    now_ = std::max(now_, end);
    return false;
  }
  std::ranges::pop_heap(heap_, later);
  auto next = std::move(heap_.back());
  heap_.pop_back();
  SERVAL_ASSERT(next.due >= now_);
  now_ = next.due;
  ++events_;
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  next.what();
  return true;
}

void event_loop::note(std::string_view what, std::uint64_t a,
                      std::uint64_t b) {
  for (auto each : what)
    mix(static_cast<unsigned char>(each));
  mix(a);
  mix(b);
  if (!talks)
    return;
  auto since = now_.time_since_epoch() - std::chrono::hours{1};
  fmt::print(stderr, "{:>14.6f}  {} {} {}\n",
             std::chrono::duration<double>(since).count(), what, a, b);
}

void event_loop::mix(std::uint64_t value) noexcept {
  trace_ = random_source{trace_ ^ value}();
}

duration between(random_source& random, duration least, duration most) {
  auto span = static_cast<double>((most - least).count());
  return least + duration{static_cast<std::int64_t>(span * random.unit())};
}

duration wait_for(random_source& random, duration mean) {
  auto times = -std::log(1 - random.unit());
  return duration{
    static_cast<std::int64_t>(static_cast<double>(mean.count()) * times) + 1};
}

} // namespace serval::simulation
