#include "leader/job_lane.hpp"

namespace serval {

job_lane::job_lane(std::function<void(job)> run_blocking)
  : run_blocking_(std::move(run_blocking)) {
  // nop
}

void job_lane::run(job what) {
  std::unique_lock held{mutex_};
  jobs_.push_back(std::move(what));
  if (jobs_.size() > 1)
    return;
  held.unlock();
  run_blocking_([self = shared_from_this()] { self->run_next(); });
}

void job_lane::run_next() {
  std::unique_lock held{mutex_};
  auto what = std::move(jobs_.front());
  held.unlock();
  what();
  held.lock();
  jobs_.pop_front();
  if (jobs_.empty())
    return;
  held.unlock();
  run_blocking_([self = shared_from_this()] { self->run_next(); });
}

} // namespace serval
