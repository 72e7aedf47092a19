#include "node/backend_metrics.hpp"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <limits>

namespace serval {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t max_retired = 1000;

double seconds(duration span) {
  return std::chrono::duration<double>(span).count();
}

ClientMetric labelled(const std::pair<std::string, std::string>& key) {
  ClientMetric metric;
  metric.label = {{"application", key.first}, {"backend", key.second}};
  return metric;
}

ClientMetric::Histogram histogram_of(const backend_counters& counters) {
  ClientMetric::Histogram histogram;
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counters.by_latency.size(); ++i) {
    so_far += counters.by_latency[i];
    auto last = i + 1 == counters.by_latency.size();
    histogram.bucket.push_back(
      {so_far, last ? std::numeric_limits<double>::infinity()
                    : seconds(backend_counters::bucket_limit(i))});
  }
  histogram.sample_count = so_far;
  histogram.sample_sum = seconds(counters.latency_sum);
  return histogram;
}

} // namespace

void backend_metrics::update(const std::string& application,
                             const std::string& backend, std::size_t loop,
                             release_number release,
                             const backend_counters& counters) {
  std::lock_guard guard{mutex_};
  live_[{application, backend, release, loop}] = counters;
}

void backend_metrics::update_memory(const std::string& application,
                                    const std::string& backend, pid_t process,
                                    std::uint64_t resident_bytes) {
  std::lock_guard guard{mutex_};
  backend_key key{application, backend};
  if (resident_bytes > 0) {
    memory_[key][process] = resident_bytes;
    return;
  }
  auto found = memory_.find(key);
  if (found == memory_.end())
    return;
  found->second.erase(process);
  if (found->second.empty())
    memory_.erase(found);
}

MetricFamily backend_metrics::memory() const {
  MetricFamily family{"serval_backend_memory_bytes",
                      "Resident memory of a backend's worker processes.",
                      MetricType::Gauge, {}};
  std::lock_guard guard{mutex_};
  for (auto& [key, processes] : memory_) {
    auto metric = labelled(key);
    for (auto& [process, bytes] : processes)
      metric.gauge.value += static_cast<double>(bytes);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

std::size_t backend_metrics::ejected(const std::string& application,
                                     const std::string& backend) const {
  std::lock_guard guard{mutex_};
  std::uint64_t most = 0;
  // All releases and loops of the backend are neighbours.
  for (auto next = live_.lower_bound({application, backend, {}, 0});
       next != live_.end() && std::get<0>(next->first) == application
       && std::get<1>(next->first) == backend;
       ++next)
    most = std::max(most, next->second.ejected);
  return static_cast<std::size_t>(most);
}

void backend_metrics::retire(const std::string& application,
                             release_number release) {
  std::lock_guard guard{mutex_};
  for (auto next = live_.begin(); next != live_.end();) {
    auto& [app, backend, number, loop] = next->first;
    if (app != application || number != release) {
      ++next;
      continue;
    }
    auto counters = next->second;
    counters.in_flight = 0;
    counters.waiting = 0;
    counters.ejected = 0;
    backend_key key{app, backend};
    // Those that are gone must not take up ever more.
    if (retired_.size() >= max_retired && !retired_.contains(key))
      key = {"(others)", "(others)"};
    retired_[key] += counters;
    next = live_.erase(next);
  }
}

std::map<backend_metrics::backend_key, backend_counters>
backend_metrics::sums() const {
  std::lock_guard guard{mutex_};
  auto sums = retired_;
  for (auto& [key, counters] : live_)
    sums[{std::get<0>(key), std::get<1>(key)}] += counters;
  return sums;
}

std::vector<MetricFamily> backend_metrics::Collect() const {
  MetricFamily calls{"serval_backend_calls_total",
                     "Calls to workers that have ended.", MetricType::Counter,
                     {}};
  MetricFamily latency{"serval_backend_call_duration_seconds",
                       "From the wish for a call to its end.",
                       MetricType::Histogram, {}};
  MetricFamily in_flight{"serval_backend_calls_in_flight",
                         "Calls that workers have.", MetricType::Gauge, {}};
  MetricFamily waiting{"serval_backend_calls_waiting",
                       "Calls that wait for a worker.", MetricType::Gauge, {}};
  MetricFamily retries{"serval_backend_retries_total",
                       "Pieces that were sent to a worker once more.",
                       MetricType::Counter, {}};
  MetricFamily refused{"serval_backend_retries_refused_total",
                       "Pieces that the retry budget kept from that.",
                       MetricType::Counter, {}};
  MetricFamily ejections{"serval_backend_ejections_total",
                         "How often a loop ejected a worker, by cause.",
                         MetricType::Counter, {}};
  MetricFamily ejected{"serval_backend_workers_ejected",
                       "Workers that get no new calls, summed over the loops.",
                       MetricType::Gauge, {}};
  MetricFamily poisoned{"serval_backend_poisoned_total",
                        "Pieces that were answered without a worker, since "
                        "they kill workers.",
                        MetricType::Counter, {}};
  auto count = [](MetricFamily& family, const auto& key, std::uint64_t value) {
    auto metric = labelled(key);
    metric.counter.value = static_cast<double>(value);
    family.metric.push_back(std::move(metric));
  };
  for (auto& [key, counters] : sums()) {
    count(retries, key, counters.retries);
    count(refused, key, counters.retries_refused);
    count(poisoned, key, counters.poisoned);
    for (std::size_t i = 0; i < ejection_count; ++i) {
      count(ejections, key, counters.ejections[i]);
      ejections.metric.back().label.push_back(
        {"cause", std::string{to_string(static_cast<ejection>(i))}});
    }
    auto out = labelled(key);
    out.gauge.value = static_cast<double>(counters.ejected);
    ejected.metric.push_back(std::move(out));
    for (std::size_t i = 0; i < counters.ended.size(); ++i) {
      if (counters.ended[i] == 0)
        continue;
      auto metric = labelled(key);
      auto name = i == errc_count ? std::string_view{"ok"}
                                  : to_string(static_cast<errc>(i));
      metric.label.push_back({"outcome", std::string{name}});
      metric.counter.value = static_cast<double>(counters.ended[i]);
      calls.metric.push_back(std::move(metric));
    }
    auto timing = labelled(key);
    timing.histogram = histogram_of(counters);
    latency.metric.push_back(std::move(timing));
    auto busy = labelled(key);
    busy.gauge.value = static_cast<double>(counters.in_flight);
    in_flight.metric.push_back(std::move(busy));
    auto queued = labelled(key);
    queued.gauge.value = static_cast<double>(counters.waiting);
    waiting.metric.push_back(std::move(queued));
  }
  return {calls,   latency, in_flight, waiting, retries,
          refused, ejections, ejected, poisoned,
          memory()};
}

} // namespace serval
