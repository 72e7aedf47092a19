#include "leader/lease_keeper.hpp"

#include "base/defect.hpp"

#include <algorithm>

namespace serval {

time_point lease_keeper::due() const noexcept {
  auto next = asked_ ? time_point::max() : next_ask_;
  return epoch_ ? std::min(next, until_) : next;
}

std::vector<lease_effect> lease_keeper::on_timer(time_point now) {
  std::vector<lease_effect> out;
  if (epoch_ && now >= until_)
    out = cease(expiry(), now);
  if (!asked_ && now >= next_ask_) {
    asked_ = question{now, epoch_};
    next_ask_ = now + (epoch_ ? how_.renew_every : how_.ask_every);
    out.push_back(ask_for_lease{epoch_});
  }
  return out;
}

std::vector<lease_effect>
lease_keeper::on_answer(const result<lease_grant>& answer, time_point now) {
  SERVAL_ASSERT(asked_);
  auto asked = *std::exchange(asked_, std::nullopt);
  // It was asked for before it was given up.
  if (rests_)
    return {};
  // An answer must not bring back what has expired meanwhile: orders that were
  // held back since then would be missing.
  if (epoch_ && now >= until_)
    return cease(expiry(), now);
  if (!answer)
    return take_refusal(answer.error(), now);
  waits_.succeeded();
  auto since = defect("count_lease_from_answer") ? now : asked.at;
  auto margin = defect("lease_without_margin") ? 0 : 1;
  auto until = since + answer->valid_for - margin * answer->valid_for / 5;
  // An answer that took as long as the lease, or that renews what has expired
  // here meanwhile: whoever ceased begins again under a new epoch.
  if (now >= until || asked.held != epoch_)
    return {};
  until_ = until;
  reason_.clear();
  if (epoch_)
    return {};
  epoch_ = answer->epoch;
  next_ask_ = asked.at + how_.renew_every;
  return {begin_to_lead{epoch_}};
}

std::vector<lease_effect> lease_keeper::take_refusal(const error& why,
                                                     time_point now) {
  // Only the store's word ends a lease early; one that cannot be reached says
  // nothing, and the lease runs on until it expires.
  if (epoch_ && why.code == errc::stale_epoch)
    return cease(why.message, now);
  reason_ = why.message;
  if (epoch_)
    return {};
  if (why.code == errc::conflict)
    waits_.succeeded();
  else
    next_ask_ = std::max(next_ask_, now + waits_.failed());
  return {};
}

std::vector<lease_effect> lease_keeper::rest(std::string reason,
                                             time_point now) {
  std::vector<lease_effect> out;
  if (epoch_)
    out = cease({}, now);
  rests_ = true;
  next_ask_ = time_point::max();
  reason_ = std::move(reason);
  return out;
}

void lease_keeper::resume(time_point now) {
  rests_ = false;
  next_ask_ = now;
}

std::string lease_keeper::expiry() const {
  return "the lease was not renewed in time: "
         + (reason_.empty() ? "the store does not answer" : reason_);
}

std::vector<lease_effect> lease_keeper::cease(std::string reason,
                                              time_point now) {
  epoch_ = {};
  until_ = time_point::min();
  next_ask_ = std::min(next_ask_, now + how_.ask_every);
  reason_ = std::move(reason);
  return {cease_to_lead{}};
}

} // namespace serval
