#include "leader/lease_keeper.hpp"

#include <algorithm>

namespace serval {

time_point lease_keeper::due() const noexcept {
  auto next = asked_ ? time_point::max() : next_ask_;
  return epoch_ ? std::min(next, until_) : next;
}

std::vector<lease_effect> lease_keeper::on_timer(time_point now) {
  std::vector<lease_effect> out;
  if (epoch_ && now >= until_)
    out = cease("its lease was not renewed in time");
  if (!asked_ && now >= next_ask_) {
    asked_ = question{now, epoch_};
    next_ask_ = now + how_.renew_every;
    out.push_back(ask_for_lease{epoch_});
  }
  return out;
}

std::vector<lease_effect>
lease_keeper::on_answer(const result<lease_grant>& answer, time_point now) {
  SERVAL_ASSERT(asked_);
  auto asked = *std::exchange(asked_, std::nullopt);
  if (!answer) {
    // Only the store's word ends a lease early; one that cannot be reached says
    // nothing, and the lease runs on until it expires.
    if (epoch_ && answer.error().code == errc::stale_epoch)
      return cease(answer.error().message);
    if (!epoch_)
      reason_ = answer.error().message;
    return {};
  }
  auto until = asked.at + answer->valid_for - answer->valid_for / 5;
  // An answer that took as long as the lease, or that renews what has expired
  // here meanwhile: whoever ceased begins again under a new epoch.
  if (now >= until || asked.held != epoch_)
    return {};
  until_ = until;
  if (epoch_)
    return {};
  epoch_ = answer->epoch;
  reason_.clear();
  return {begin_to_lead{epoch_}};
}

std::vector<lease_effect> lease_keeper::cease(std::string reason) {
  epoch_ = {};
  until_ = time_point::min();
  reason_ = std::move(reason);
  return {cease_to_lead{}};
}

} // namespace serval
