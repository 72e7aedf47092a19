#include "trigger/gate.hpp"

#include "base/defect.hpp"

#include "trigger/retry_after.hpp"

namespace serval {

gate::gate(std::string application, std::shared_ptr<admission> places,
           std::uint64_t seed)
  : application_(std::move(application)),
    places_(std::move(places)),
    random_(seed) {
  // nop
}

std::optional<outcome> gate::enter(const request_context& request, load present,
                                   time_point now) {
  auto tolerated = request.priority == priority::low ? memory_stage::shrink
                                                     : memory_stage::shed_low;
  if (present.memory > tolerated)
    return refusal("the node is short of memory", present.queueing);
  // A deadline that has passed is the dispatcher's to tell.
  auto remaining = request.deadline - now;
  if (present.queueing > duration::zero() && remaining > duration::zero()
      && !forecast_.in_time(present.queueing, remaining))
    return refusal("application '" + application_
                     + "' cannot answer before the deadline",
                   forecast_.expected(present.queueing) - remaining);
  if (!places_->try_enter(request.priority))
    return refusal("application '" + application_
                     + "' has max_requests in progress",
                   present.queueing);
  return std::nullopt;
}

void gate::leave(const pass& admitted, const outcome& what, time_point now) {
  if (!defect("keep_place_of_answered"))
    places_->leave();
  // Without a queue there was nothing to foretell, and requests that failed for
  // other reasons than time say nothing about time.
  if (admitted.queueing == duration::zero())
    return;
  auto kind = what.ok() ? error_class::permanent : error_class_of(*what.code);
  if (kind == error_class::permanent || kind == error_class::deadline)
    forecast_.learn(admitted.queueing, now - admitted.since);
}

void gate::advise(outcome& what, duration queueing) {
  if (!what.ok() && error_class_of(*what.code) == error_class::overload)
    what.retry_after = retry_after(queueing, random_);
}

outcome gate::refusal(std::string_view why, duration wait) {
  auto what = outcome::failure(errc::overload, std::string{why});
  advise(what, wait);
  return what;
}

} // namespace serval
