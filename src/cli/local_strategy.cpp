#include "cli/local_strategy.hpp"

#include "cli/output.hpp"
#include "cli/text_table.hpp"

#include "dispatcher/dispatcher.hpp"
#include "plugin/backend_instance.hpp"
#include "worker/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

namespace serval {

namespace {

time_point clock_now() {
  return std::chrono::steady_clock::now();
}

/// How long one worker may keep the thread while others have work.
constexpr duration turn = std::chrono::milliseconds{1};

} // namespace

/// The cores call out while they run, and must not be called back before they
/// return. So what they ask for waits in lists, which `step` carries out.
class local_strategy::impl final : public dispatcher_effects {
public:
  explicit impl(std::string entry)
    : entry_(std::move(entry)), dispatcher_(0, 1, *this, poison_) {
    // nop
  }

  result<void> add_backend(std::shared_ptr<plugin_library> plugin,
                           const app_spec& spec,
                           const backend_spec& backend) {
    dispatcher_.add_backend(backend.name, backend.queue, backend.idempotent);
    auto config = effective_config(spec, backend);
    for (std::uint32_t i = 0; i < backend.workers; ++i) {
      auto made = backend_instance::make(plugin, backend.name, config);
      if (!made)
        return made.error();
      workers_.push_back(std::make_unique<local_worker>(
        *this, worker_id{workers_.size() + 1}, backend, std::move(*made)));
      dispatcher_.add_worker(backend.name,
                             {workers_.back()->id(), backend.concurrency,
                              locality::loop});
    }
    return {};
  }

  outcome call(std::string body, duration timeout) {
    auto context = std::make_shared<request_context>();
    context->request_id = "run";
    context->deadline = clock_now() + timeout;
    map_request request;
    request.backend = entry_;
    request.pieces.push_back(payload::own(std::move(body)));
    request.context = std::move(context);
    root_ = dispatcher_.begin(std::move(request), clock_now());
    while (!answer_)
      if (!step())
        std::this_thread::sleep_until(next_wake());
    return *std::exchange(answer_, std::nullopt);
  }

  // -- dispatcher_effects -----------------------------------------------------

  void send(worker_id to, std::vector<worker_call> calls) override {
    sent_.emplace_back(to, std::move(calls));
  }

  void cancel(worker_id to, std::vector<call_id> calls) override {
    cancelled_.emplace_back(to, std::move(calls));
  }

  void done(map_id map, map_outcomes outcomes) override {
    done_.emplace_back(map, std::move(outcomes));
  }

private:
  class local_worker final : public executor_host {
  public:
    local_worker(impl& owner, worker_id id, const backend_spec& spec,
                 std::shared_ptr<backend_instance> instance)
      : owner_(owner), id_(id), instance_(std::move(instance)),
        executor_(instance_->type(), instance_->object(),
                  {spec.concurrency, spec.queue + spec.concurrency,
                   spec.stack_bytes},
                  *this) {
      // nop
    }

    worker_id id() const {
      return id_;
    }

    executor& runner() {
      return executor_;
    }

    /// Calls that have ended since the last time.
    std::vector<call_result> take_results() {
      return std::exchange(results_, {});
    }

    time_point now() override {
      return clock_now();
    }

    void finished(call_id call, outcome what) override {
      results_.push_back({call, std::move(what)});
    }

    void begin_map(map_ticket ticket, call_id, map_request request) override {
      owner_.dispatcher_.add_suspended(id_, 1);
      auto map = owner_.dispatcher_.begin(std::move(request), now());
      owner_.maps_.emplace(map, std::pair{id_, ticket});
    }

    void end_map(map_ticket ticket) override {
      auto found = std::ranges::find(owner_.maps_, std::pair{id_, ticket},
                                     [](auto& each) { return each.second; });
      if (found == owner_.maps_.end())
        return;
      owner_.dispatcher_.add_suspended(id_, -1);
      owner_.dispatcher_.end(found->first);
      owner_.maps_.erase(found);
    }

    void log(std::string_view, std::uint32_t level,
             std::string_view text) override {
      constexpr std::string_view names[] = {"debug", "info", "warning",
                                            "error"};
      auto name = level < std::size(names) ? names[level] : "log";
      write_stderr(fmt::format("[{}] {}\n", name, printable(text)));
    }

  private:
    impl& owner_;
    worker_id id_;
    std::shared_ptr<backend_instance> instance_;
    std::vector<call_result> results_;
    executor executor_;
  };

  local_worker& worker(worker_id id) {
    return *workers_[id.value - 1];
  }

  /// Carries out what is asked for, and lets every worker run. False if there
  /// is nothing to do but wait.
  bool step() {
    auto busy = !sent_.empty() || !cancelled_.empty() || !done_.empty();
    for (auto& [to, calls] : std::exchange(sent_, {}))
      worker(to).runner().submit(std::move(calls));
    for (auto& [to, calls] : std::exchange(cancelled_, {}))
      for (auto each : calls)
        worker(to).runner().cancel(each);
    for (auto& [map, outcomes] : std::exchange(done_, {}))
      finish(map, std::move(outcomes));
    for (auto& each : workers_) {
      busy = each->runner().run(turn) || busy;
      if (auto results = each->take_results(); !results.empty()) {
        busy = true;
        auto busy_per_call = each->runner().take_busy_time()
                             / static_cast<std::int64_t>(results.size());
        dispatcher_.results(each->id(), std::move(results), busy_per_call,
                            clock_now());
      }
    }
    dispatcher_.expire(clock_now());
    return busy || !sent_.empty() || !cancelled_.empty() || !done_.empty();
  }

  void finish(map_id map, map_outcomes outcomes) {
    if (map == root_) {
      answer_ = std::move(outcomes.at(0));
      return;
    }
    auto found = maps_.find(map);
    if (found == maps_.end())
      return;
    auto [id, ticket] = found->second;
    maps_.erase(found);
    dispatcher_.add_suspended(id, -1);
    worker(id).runner().map_done(ticket, std::move(outcomes));
  }

  time_point next_wake() const {
    auto wake = dispatcher_.next_expiry().value_or(
      clock_now() + std::chrono::milliseconds{100});
    for (const auto& each : workers_)
      if (auto next = each->runner().next_wake())
        wake = std::min(wake, *next);
    return wake;
  }

  std::string entry_;
  /// Stays empty: what kills a worker here kills everything.
  poison_table poison_;
  dispatcher dispatcher_;
  std::vector<std::pair<worker_id, std::vector<worker_call>>> sent_;
  std::vector<std::pair<worker_id, std::vector<call_id>>> cancelled_;
  std::vector<std::pair<map_id, map_outcomes>> done_;
  /// Which call of which worker waits for a map.
  std::map<map_id, std::pair<worker_id, map_ticket>> maps_;
  map_id root_;
  std::optional<outcome> answer_;
  /// Last, so that user code unwinds while all above is still there.
  std::vector<std::unique_ptr<local_worker>> workers_;
};

local_strategy::local_strategy(std::unique_ptr<impl> made)
  : impl_(std::move(made)) {
  // nop
}

local_strategy::~local_strategy() = default;

result<std::unique_ptr<local_strategy>>
local_strategy::start(const app_spec& spec, const std::string& plugin_path) {
  auto library = plugin_library::open(plugin_path, executor::host_table());
  if (!library)
    return library.error();
  auto shared = std::make_shared<plugin_library>(std::move(*library));
  auto made = std::make_unique<impl>(spec.entry);
  for (const auto& each : spec.backends)
    if (auto added = made->add_backend(shared, spec, each); !added)
      return added.error();
  return std::unique_ptr<local_strategy>(new local_strategy(std::move(made)));
}

outcome local_strategy::call(std::string body, duration timeout) {
  return impl_->call(std::move(body), timeout);
}

} // namespace serval
