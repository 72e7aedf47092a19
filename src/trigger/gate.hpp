#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "model/outcome.hpp"
#include "model/request.hpp"
#include "trigger/admission.hpp"
#include "trigger/latency_forecast.hpp"
#include "trigger/memory_pressure.hpp"

#include <memory>
#include <optional>
#include <string>

namespace serval {

/// Decides which requests of one application begin, on one loop. What cannot be
/// served is refused at once and told when to come back, so that the workers'
/// time goes to requests that can still be answered. Low priority goes first.
class gate {
public:
  /// `places` is shared by the application's gates on all loops.
  gate(std::string application, std::shared_ptr<admission> places,
       std::uint64_t seed);

  /// The present load. `queueing` is how long the request would wait for
  /// workers, as far as is known.
  struct load {
    duration queueing{};
    memory_stage memory = memory_stage::ample;
  };

  /// What is remembered of a request that was let in.
  struct pass {
    duration queueing{}; ///< Of the load that it met.
    time_point since;
  };

  /// Lets the request in, or answers why not.
  std::optional<outcome> enter(const request_context& request, load present,
                               time_point now);

  /// A request that was let in is over.
  void leave(const pass& admitted, const outcome& what, time_point now);

  /// Nobody waits for a request that was let in.
  void leave() noexcept {
    places_->leave();
  }

  /// Tells the client of a failure for want of capacity when to come back.
  void advise(outcome& what, duration queueing);

private:
  outcome refusal(std::string_view why, duration wait);

  std::string application_;
  std::shared_ptr<admission> places_;
  latency_forecast forecast_;
  random_source random_;
};

} // namespace serval
