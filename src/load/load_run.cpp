#include "load/load_run.hpp"

#include "load/request_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace serval {

namespace {

using namespace std::chrono_literals;

constexpr duration report_every = 500ms;

/// From when all threads are connected to the first request.
constexpr duration head_start = 20ms;

time_point clock_now() {
  return std::chrono::steady_clock::now();
}

duration cpu_time_of_thread() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  auto of = [](const timeval& t) -> duration {
    return std::chrono::seconds{t.tv_sec}
           + std::chrono::microseconds{t.tv_usec};
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Lets a thread of an open loop wake at the intended time: not up to 50 µs
/// later and, where that is allowed, before others that want its processor, as
/// a machine of its own would. One processor is always left to the others.
void be_punctual(const load_plan& plan) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  if (plan.rates && plan.threads < std::thread::hardware_concurrency()) {
    sched_param lowest{};
    lowest.sched_priority = ::sched_get_priority_min(SCHED_RR);
    ::pthread_setschedparam(::pthread_self(), SCHED_RR, &lowest);
  }
}

/// What a thread tells about its requests while it runs.
class live_feed final : public load_observer {
public:
  explicit live_feed(request_log* log) : log_(log) {
    // nop
  }

  ~live_feed() {
    flush();
  }

  void on_request(const request_record& request) override {
    if (is_ok(request.end)) {
      ++ok_;
      recent_.record(request.done - request.intended);
    } else {
      ++failed_;
    }
    if (request.done >= next_report_) {
      next_report_ = request.done + report_every / 2;
      publish();
    }
    if (log_ != nullptr) {
      append_log_line(lines_, request);
      if (lines_.size() > 64 * 1024)
        flush();
    }
  }

  /// Adds what happened since the last time. Any thread.
  void collect(load_progress& progress, latency_histogram& recent) {
    std::lock_guard guard{mutex_};
    progress.ok += published_ok_;
    progress.failed += published_failed_;
    recent.merge(published_);
    published_.clear();
  }

private:
  void publish() {
    std::lock_guard guard{mutex_};
    published_ok_ = ok_;
    published_failed_ = failed_;
    published_.merge(recent_);
    recent_.clear();
  }

  void flush() {
    if (log_ != nullptr)
      log_->write(std::exchange(lines_, {}));
  }

  request_log* log_;
  std::string lines_;
  std::uint64_t ok_ = 0;
  std::uint64_t failed_ = 0;
  latency_histogram recent_;
  duration next_report_{};

  std::mutex mutex_;
  std::uint64_t published_ok_ = 0;
  std::uint64_t published_failed_ = 0;
  latency_histogram published_;
};

/// One thread, and what came out of it.
struct load_thread {
  explicit load_thread(request_log* log) : feed(log) {
    // nop
  }

  live_feed feed;
  std::optional<load_recorder> record;
  duration stopped_at{};
  double cpu_share = 0;
  std::thread thread;
};

/// The threads of a run, and what they wait for.
class load_crew {
public:
  load_crew(const load_plan& plan, const transport_maker& make_transport,
            const std::atomic<bool>& stop, request_log* log)
    : plan_(plan), make_transport_(make_transport), stop_(stop) {
    for (std::uint32_t i = 0; i < plan.threads; ++i)
      threads_.push_back(std::make_unique<load_thread>(log));
    for (std::uint32_t i = 0; i < plan.threads; ++i)
      threads_[i]->thread = std::thread{[this, i] { run_thread(i); }};
  }

  ~load_crew() {
    join();
  }

  /// Waits until all threads can begin, and lets them. Returns when that is.
  result<time_point> begin() {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [&] { return ready_ + failed_ == plan_.threads; });
    if (failed_ == 0)
      start_ = clock_now() + head_start;
    began_ = true;
    changed_.notify_all();
    if (failed_ > 0)
      return why_;
    return start_;
  }

  /// Waits for the end, at most for a while. True if it came.
  bool wait_for_end(duration patience) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, patience,
                             [&] { return ended_ == plan_.threads; });
  }

  load_progress progress() {
    load_progress found;
    latency_histogram recent;
    for (auto& thread : threads_)
      thread->feed.collect(found, recent);
    found.p50 = recent.at(0.5);
    found.p99 = recent.at(0.99);
    return found;
  }

  run_result conclude_run(std::string started) {
    join();
    run_facts facts{.parameters = plan_.parameters,
                    .started = std::move(started),
                    .begun = start_.time_since_epoch(),
                    .warm_up = plan_.warm_up,
                    .open_loop = plan_.rates != nullptr,
                    .interrupted = stop_};
    load_recorder whole{plan_.warm_up, plan_.warm_up + plan_.length};
    duration stopped_at{};
    for (auto& thread : threads_) {
      whole.merge(*thread->record);
      stopped_at = std::max(stopped_at, thread->stopped_at);
      facts.generator_cpu = std::max(facts.generator_cpu, thread->cpu_share);
    }
    auto until = stop_ ? stopped_at : plan_.warm_up + plan_.length;
    facts.measured = std::max(until - plan_.warm_up, duration::zero());
    return conclude(std::move(facts), whole);
  }

  void join() {
    for (auto& thread : threads_)
      if (thread->thread.joinable())
        thread->thread.join();
  }

private:
  void run_thread(std::uint32_t number) {
    be_punctual(plan_);
    auto transport = make_transport_(number);
    if (!wait_for_start(transport))
      return;
    auto& self = *threads_[number];
    load_driver driver{settings_of(number), schedule_of(number), plan_.mix,
                       **transport, self.feed, stop_};
    auto cpu_before = cpu_time_of_thread();
    auto began = clock_now();
    driver.run();
    self.cpu_share = std::chrono::duration<double>(cpu_time_of_thread()
                                                   - cpu_before)
                     / std::chrono::duration<double>(clock_now() - began);
    self.record = driver.record();
    self.stopped_at = driver.stopped_at();
    std::lock_guard guard{mutex_};
    ++ended_;
    changed_.notify_all();
  }

  bool wait_for_start(const result<std::unique_ptr<load_transport>>& made) {
    std::unique_lock guard{mutex_};
    if (made)
      ++ready_;
    else if (failed_++ == 0)
      why_ = made.error();
    changed_.notify_all();
    changed_.wait(guard, [&] { return began_; });
    return failed_ == 0;
  }

  driver_settings settings_of(std::uint32_t number) const {
    auto share = plan_.in_flight / plan_.threads
                 + (number < plan_.in_flight % plan_.threads ? 1 : 0);
    return {.start = start_,
            .warm_up = plan_.warm_up,
            .end = plan_.warm_up + plan_.length,
            .timeout = plan_.timeout,
            .in_flight = share,
            .retries = plan_.retries,
            .seed = plan_.seed + number,
            .share = number,
            .shares = plan_.threads};
  }

  std::optional<arrival_schedule> schedule_of(std::uint32_t number) const {
    if (!plan_.rates)
      return {};
    return arrival_schedule{plan_.rates, plan_.how, plan_.seed, number,
                            plan_.threads};
  }

  const load_plan& plan_;
  const transport_maker& make_transport_;
  const std::atomic<bool>& stop_;
  std::vector<std::unique_ptr<load_thread>> threads_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t ready_ = 0;
  std::uint32_t failed_ = 0;
  std::uint32_t ended_ = 0;
  bool began_ = false;
  error why_;
  time_point start_;
};

void report_once(load_crew& crew, const load_plan& plan, time_point start,
                 load_progress& last,
                 const std::function<void(load_progress)>& report) {
  auto now = crew.progress();
  now.elapsed = std::max(clock_now() - start, duration::zero());
  now.total = plan.warm_up + plan.length;
  now.warming_up = now.elapsed < plan.warm_up;
  auto seconds
    = std::chrono::duration<double>(now.elapsed - last.elapsed).count();
  if (seconds > 0)
    now.throughput = static_cast<double>(now.ok - last.ok) / seconds;
  last = now;
  report(now);
}

} // namespace

result<run_result> run_load(const load_plan& plan,
                            const transport_maker& make_transport,
                            const std::function<void(load_progress)>& report,
                            const std::atomic<bool>& stop) {
  std::unique_ptr<request_log> log;
  if (!plan.log_path.empty()) {
    auto opened = request_log::open(plan.log_path);
    if (!opened)
      return opened.error();
    log = std::move(*opened);
  }
  auto started = fmt::format(
    "{:%Y-%m-%dT%H:%M:%SZ}",
    fmt::gmtime(std::chrono::system_clock::to_time_t(
      std::chrono::system_clock::now())));
  std::optional<run_result> run;
  {
    load_crew crew{plan, make_transport, stop, log.get()};
    auto start = crew.begin();
    if (!start)
      return start.error();
    load_progress last;
    while (!crew.wait_for_end(report_every))
      report_once(crew, plan, *start, last, report);
    run = crew.conclude_run(std::move(started));
  }
  if (log)
    if (auto whole = log->check(); !whole)
      return whole.error();
  return std::move(*run);
}

} // namespace serval
