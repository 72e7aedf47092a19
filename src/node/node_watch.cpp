#include "node/node_watch.hpp"

#include "backend/process_memory.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>

#include <chrono>

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

namespace serval {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// How often the watch looks. Half of the patience with user code.
constexpr duration interval = hold_watch::patience / 2;

/// A backend whose code is always slow gets a line as often as this.
constexpr duration line_interval = std::chrono::seconds{10};

/// Giving memory back takes the allocator's locks.
constexpr duration trim_interval = std::chrono::seconds{1};

constexpr std::size_t holders_max = 1000;

double seconds(duration span) {
  return std::chrono::duration<double>(span).count();
}

ClientMetric counter(const char* label, const char* which,
                     std::uint64_t value) {
  ClientMetric metric;
  metric.label = {{label, which}};
  metric.counter.value = static_cast<double>(value);
  return metric;
}

MetricFamily gauge(const char* name, const char* help, double value) {
  ClientMetric metric;
  metric.gauge.value = value;
  return {name, help, MetricType::Gauge, {metric}};
}

} // namespace

node_watch::node_watch(const setup& setup)
  : setup_(setup),
    holds_(setup.loops.size()),
    pressure_(setup.memory_max),
    thread_([this] { run(); }) {
  // nop
}

node_watch::~node_watch() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void node_watch::run() {
  pthread_setname_np(pthread_self(), "watch");
  std::unique_lock guard{mutex_};
  while (!changed_.wait_for(guard, interval, [this] { return stopping_; })) {
    auto now = loop::now();
    look_at_loops(now);
    look_at_memory(now);
  }
}

void node_watch::look_at_loops(time_point now) {
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    auto& board = setup_.loops[i]->board();
    if (auto hold = holds_[i].look(board.look(), now))
      note(board.name_of(hold->who), *hold, i, now);
  }
}

void node_watch::note(const code_board::name& who, const hold_watch::hold& hold,
                      std::size_t loop, time_point now) {
  // Applications come and go; the table must not grow with them for ever.
  holder_name name{who.application, who.backend};
  if (holders_.size() >= holders_max && !holders_.contains(name))
    name = {};
  auto& known = holders_[name];
  known.held += hold.added;
  auto due = known.told_at == time_point{}
             || now - known.told_at >= line_interval;
  if (!hold.tell || !due)
    return;
  known.told_at = now;
  setup_.log.write(
    log_level::warning, "loop_held",
    fmt::format("inline code of {}/{} has kept loop {} for {:.1f} s and lets "
                "nothing else run there; set isolation = \"process\" for it",
                who.application, who.backend, loop, seconds(hold.so_far)));
}

void node_watch::look_at_memory(time_point now) {
  memory_used_ = resident_bytes(::getpid());
  auto before = setup_.memory.load(std::memory_order_relaxed);
  auto stage = pressure_.update(memory_used_);
  setup_.memory.store(stage, std::memory_order_relaxed);
  if (stage != before)
    setup_.log.write(
      stage > before ? log_level::warning : log_level::info, "memory",
      fmt::format("{} MiB of node.memory_max = {} MiB are in use: {}",
                  memory_used_ >> 20, setup_.memory_max >> 20,
                  to_string(stage)));
  if (stage == memory_stage::ample || now - trimmed_at_ < trim_interval)
    return;
  trimmed_at_ = now;
  ::malloc_trim(0);
}

std::vector<MetricFamily> node_watch::Collect() const {
  MetricFamily held{"serval_loop_held_seconds_total",
                    "Time for which one turn of inline user code kept a loop, "
                    "if it was more than 100 ms.",
                    MetricType::Counter,
                    {}};
  std::lock_guard guard{mutex_};
  for (auto& [name, known] : holders_) {
    ClientMetric metric;
    metric.label = {{"application", name.first}, {"backend", name.second}};
    metric.counter.value = seconds(known.held);
    held.metric.push_back(std::move(metric));
  }
  auto stage = setup_.memory.load(std::memory_order_relaxed);
  auto lost = setup_.log.lost_lines();
  return {std::move(held),
          {"serval_log_lines_lost_total",
           "Lines of the log that were lost, because they could not be written "
           "or because too many came.",
           MetricType::Counter,
           {counter("reason", "unwritable", lost.unwritable),
            counter("reason", "behind", lost.behind)}},
          gauge("serval_memory_resident_bytes",
                "Memory of the daemon, without worker processes.",
                static_cast<double>(memory_used_)),
          gauge("serval_memory_max_bytes", "What it may use.",
                static_cast<double>(setup_.memory_max)),
          gauge("serval_memory_stage",
                "0 ample, 1 idle connections are closed, 2 low priority is "
                "refused, 3 all is refused, 4 slow clients are cut.",
                static_cast<double>(stage))};
}

} // namespace serval
