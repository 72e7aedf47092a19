#pragma once

#include "base/time.hpp"
#include "proxy/shed_reason.hpp"

#include <string_view>

namespace serval {

/// Hears what becomes of requests, for metrics. Called on the loop; must not
/// block.
class request_observer {
public:
  virtual ~request_observer() = default;

  /// A request for an application was handed on.
  virtual void request_started(std::string_view application) = 0;

  /// It was answered with `status`, or its client is gone (499).
  virtual void request_finished(std::string_view application, int status,
                                duration latency)
    = 0;

  /// A request was answered without an application: malformed, no route, wrong
  /// method, an application that takes none. `application` may be empty.
  virtual void request_refused(std::string_view application, int status) = 0;

  /// A connection was closed because there was no room for it.
  virtual void connection_shed(shed_reason why) {
    static_cast<void>(why);
  }
};

} // namespace serval
