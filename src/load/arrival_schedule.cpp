#include "load/arrival_schedule.hpp"

#include <cmath>

namespace serval {

arrival_schedule::arrival_schedule(std::shared_ptr<const rate_profile> profile,
                                   arrivals how, std::uint64_t seed,
                                   std::uint32_t share, std::uint32_t shares)
  : profile_(std::move(profile)),
    how_(how),
    random_(seed),
    share_(share),
    shares_(shares) {
  // nop
}

std::optional<duration> arrival_schedule::next() noexcept {
  while (auto at = next_of_all())
    if (number_++ % shares_ == share_)
      return at;
  return {};
}

std::optional<duration> arrival_schedule::next_of_all() noexcept {
  // Even arrivals begin at once. A Poisson process of changing rate is one of
  // rate 1 on the scale of requests wanted.
  if (how_ == arrivals::poisson)
    wanted_ -= std::log1p(-random_.unit());
  else if (number_ > 0)
    wanted_ = static_cast<double>(number_);
  if (wanted_ >= profile_->total() - 1e-6)
    return {};
  return profile_->time_of(wanted_, hint_);
}

} // namespace serval
