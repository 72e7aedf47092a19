#pragma once

#include "model/call.hpp"

#include <vector>

namespace serval {

/// A worker on the dispatcher's own loop, which is called instead of being sent
/// a message: that costs more than a short call itself. The worker starts none
/// of the calls and answers nothing before the function returns.
class near_worker {
public:
  virtual ~near_worker() = default;

  virtual void take_calls(std::vector<worker_call> calls) = 0;

  /// Nobody waits for these any more.
  virtual void cancel_calls(const std::vector<call_id>& calls) = 0;
};

} // namespace serval
