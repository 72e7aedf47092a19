#include "backend/inline_body.hpp"

#include "plugin/backend_instance.hpp"
#include "spec/units.hpp"

#include <atomic>
#include <optional>

namespace serval {

namespace {

/// User code's turn on a loop ends after this time; the rest of what is ready
/// comes behind ready sockets.
constexpr duration turn = std::chrono::microseconds{100};

/// Loads the plugin, if it is not, and makes a warm instance. Blocks.
result<std::shared_ptr<backend_instance>>
make_instance(const inline_backend& from) {
  auto plugin = from.plugin->get();
  if (!plugin)
    return plugin.error();
  return backend_instance::make(std::move(plugin).value(), from.spec.name,
                                from.config);
}

/// Outlives the body as long as something is posted: posted work finds out here
/// that the body is gone.
class inline_core final : public executor_host,
                          public loop_task,
                          public std::enable_shared_from_this<inline_core> {
public:
  inline_core(inline_backend backend, loop& home, worker_body_events& events)
    : backend_(std::move(backend)), home_(home), events_(&events) {
    wake_up_.owner = this;
    patience_.owner = this;
    holder_ = home_.board().add({backend_.application, backend_.spec.name});
  }

  /// The pool hands the core back with what it made, since the last to hold it
  /// must be its loop.
  void make(blocking_pool& pool) {
    home_.arm(patience_, loop::now() + backend_.start_timeout);
    pool.run([self = shared_from_this()]() mutable {
      if (!self->abandoned_)
        self->made_.emplace(make_instance(self->backend_));
      auto& home = self->home_;
      home.post([self = std::move(self)] { self->take_made(); });
    });
  }

  /// The body is gone, or must say nothing more.
  void abandon() {
    events_ = nullptr;
    abandoned_ = true;
    wake_up_.cancel();
    patience_.cancel();
    executor_.reset();
    instance_.reset();
    home_.board().remove(holder_);
  }

  void submit(std::vector<worker_call> calls) {
    executor_->submit(std::move(calls));
    results_.reserve(executor_->waiting() + executor_->started());
    run_later();
  }

  void cancel(call_id call) {
    executor_->cancel(call);
    run_later();
  }

  void map_done(map_ticket ticket, map_outcomes outcomes) {
    executor_->map_done(ticket, std::move(outcomes));
    run_later();
  }

  void check_health() {
    home_.post([self = shared_from_this()] {
      if (self->executor_)
        self->check_health_now();
    });
  }

  void stop() {
    home_.post([self = shared_from_this()] {
      auto* events = self->events_;
      if (events == nullptr)
        return;
      // User code is told to unwind by the executor's end; inline code cannot
      // be killed, so there is no grace to wait for.
      self->executor_.reset();
      self->report();
      self->abandon();
      events->ended(true, {});
    });
  }

  // -- executor_host ----------------------------------------------------------

  time_point now() override {
    return loop::now();
  }

  void finished(call_id call, outcome what) override {
    results_.push_back({call, std::move(what)});
  }

  void begin_map(map_ticket ticket, call_id call,
                 map_request request) override {
    if (events_ != nullptr)
      events_->begin_map(ticket, call, std::move(request));
  }

  void end_map(map_ticket ticket) override {
    if (events_ != nullptr)
      events_->end_map(ticket);
  }

  void log(std::string_view request_id, std::uint32_t level,
           std::string_view text) override {
    if (events_ != nullptr)
      events_->log(request_id, level, text);
  }

private:
  struct wake_up final : timer {
    inline_core* owner = nullptr;
    void on_timer(time_point) override {
      owner->run_later();
    }
  };

  struct patience final : timer {
    inline_core* owner = nullptr;
    void on_timer(time_point) override {
      owner->give_up();
    }
  };

  /// The instance is not made yet, and may never be.
  void give_up() {
    auto* events = events_;
    if (events == nullptr)
      return;
    abandon();
    events->ended(false,
                  {errc::bad_plugin,
                   "backend \"" + backend_.spec.name
                     + "\" hung while it was constructed inline: it was not "
                       "ready after "
                     + format_duration(backend_.start_timeout)
                     + "; its thread cannot be ended"});
  }

  void take_made() {
    auto made = std::exchange(made_, std::nullopt);
    auto* events = events_;
    if (events == nullptr)
      return;
    patience_.cancel();
    if (!made->has_value()) {
      abandon();
      events->ended(false, made->error());
      return;
    }
    instance_ = std::move(*made).value();
    executor_.emplace(instance_->type(), instance_->object(), backend_.limits,
                      *this);
    events->ready();
  }

  void run_later() {
    home_.run_soon(shared_from_this());
  }

  void run() override {
    if (!executor_)
      return;
    home_.board().begin(holder_);
    auto more = executor_->run(turn);
    home_.board().end();
    report();
    if (!executor_)
      return; // The worker ended its body when it heard the results.
    if (more)
      run_later();
    else if (auto next = executor_->next_wake())
      home_.arm(wake_up_, *next);
  }

  void check_health_now() {
    home_.board().begin(holder_);
    auto how = instance_->check_health();
    home_.board().end();
    if (events_ != nullptr)
      events_->health_checked(std::move(how));
  }

  void report() {
    if (results_.empty() || events_ == nullptr)
      return;
    auto busy = executor_ ? executor_->take_busy_time() : duration{};
    auto count = static_cast<std::int64_t>(results_.size());
    events_->finished(std::exchange(results_, {}), busy / count);
  }

  inline_backend backend_;
  loop& home_;
  worker_body_events* events_;
  /// Set on the pool, before the loop is told.
  std::optional<result<std::shared_ptr<backend_instance>>> made_;
  std::shared_ptr<backend_instance> instance_;
  std::optional<executor> executor_;
  std::vector<call_result> results_;
  code_board::holder holder_ = 0;
  wake_up wake_up_;
  patience patience_;
  /// Read on the pool.
  std::atomic<bool> abandoned_ = false;
};

class inline_body final : public worker_body {
public:
  explicit inline_body(std::shared_ptr<inline_core> core)
    : core_(std::move(core)) {
    // nop
  }

  ~inline_body() override {
    core_->abandon();
  }

  void submit(std::vector<worker_call> calls) override {
    core_->submit(std::move(calls));
  }

  void cancel(call_id call) override {
    core_->cancel(call);
  }

  void map_done(map_ticket ticket, map_outcomes outcomes) override {
    core_->map_done(ticket, std::move(outcomes));
  }

  void check_health() override {
    core_->check_health();
  }

  void stop(duration) override {
    core_->stop();
  }

  std::int64_t pid() const override {
    return 0;
  }

private:
  std::shared_ptr<inline_core> core_;
};

} // namespace

std::unique_ptr<worker_body> make_inline_body(inline_backend backend,
                                              loop& home, blocking_pool& pool,
                                              worker_body_events& events) {
  auto core = std::make_shared<inline_core>(std::move(backend), home, events);
  core->make(pool);
  return std::make_unique<inline_body>(std::move(core));
}

} // namespace serval
