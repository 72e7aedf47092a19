#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace serval {

/// Runs blocking jobs one after another, in the order in which they came, on
/// threads that run many at once. An application's app_masters share one: who
/// starts reads the journal behind all that the one before it still writes.
/// Any thread.
class job_lane : public std::enable_shared_from_this<job_lane> {
public:
  using job = std::function<void()>;

  /// `run_blocking` runs a job elsewhere, soon.
  explicit job_lane(std::function<void(job)> run_blocking);

  void run(job what);

private:
  void run_next();

  std::function<void(job)> run_blocking_;
  std::mutex mutex_;
  /// The first of them runs.
  std::deque<job> jobs_;
};

} // namespace serval
