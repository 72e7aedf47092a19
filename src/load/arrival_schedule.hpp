#pragma once

#include "base/random.hpp"
#include "load/rate_profile.hpp"

#include <memory>
#include <optional>

namespace serval {

/// How requests are spread within a rate.
enum class arrivals {
  even,    ///< As if by a machine.
  poisson, ///< As if by many people who do not know each other.
};

/// When requests are to be sent, whatever becomes of those before: the heart
/// of an open loop. Several threads share a run by taking turns: each walks
/// the same schedule and keeps every nth request of it.
class arrival_schedule {
public:
  arrival_schedule(std::shared_ptr<const rate_profile> profile, arrivals how,
                   std::uint64_t seed, std::uint32_t share = 0,
                   std::uint32_t shares = 1);

  /// The next request's time since the run began; none when it is over. Times
  /// never decrease.
  std::optional<duration> next() noexcept;

private:
  std::optional<duration> next_of_all() noexcept;

  std::shared_ptr<const rate_profile> profile_;
  arrivals how_;
  random_source random_;
  std::uint32_t share_;
  std::uint32_t shares_;
  std::uint64_t number_ = 0;
  double wanted_ = 0;
  std::size_t hint_ = 0;
};

} // namespace serval
