#include "base/timer_queue.hpp"

namespace serval {

void timer_queue::fire(time_point now) {
  // What is due moves aside first, so that timers armed meanwhile cannot keep
  // this function from returning. They can still be cancelled there.
  set_type due;
  while (!timers_.empty() && timers_.begin()->due() <= now) {
    auto& first = *timers_.begin();
    first.cancel();
    due.insert(due.end(), first);
  }
  while (!due.empty()) {
    auto& first = *due.begin();
    first.cancel();
    first.on_timer(now);
  }
}

} // namespace serval
