#include "node/request_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace serval {

namespace {

/// From 50 microseconds to 10 seconds, about two a decade: a no-op takes less
/// than the first millisecond, which others do not resolve.
const prometheus::Histogram::BucketBoundaries latency_seconds
  = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
     0.05,    0.1,    0.2,     0.5,    1,     2.5,    5,     10};

} // namespace

request_metrics::request_metrics(prometheus::Registry& registry)
  : requests_(prometheus::BuildCounter()
                .Name("serval_requests_total")
                .Help("External requests that were answered.")
                .Register(registry)),
    in_progress_(prometheus::BuildGauge()
                   .Name("serval_requests_in_flight")
                   .Help("External requests that were not answered yet.")
                   .Register(registry)),
    latency_(prometheus::BuildHistogram()
               .Name("serval_request_duration_seconds")
               .Help("From a request's last byte to its answer.")
               .Register(registry)),
    shed_(prometheus::BuildCounter()
            .Name("serval_connections_shed_total")
            .Help("HTTP connections that were closed for want of room.")
            .Register(registry)) {
  // nop
}

request_metrics::observer::observer(request_metrics& metrics, std::size_t loop)
  : metrics_(metrics), loop_(std::to_string(loop)) {
  for (std::size_t i = 0; i < shed_.size(); ++i)
    shed_[i] = &metrics_.shed_.Add(
      {{"reason", std::string{to_string(static_cast<shed_reason>(i))}},
       {"loop", loop_}});
}

request_metrics::observer::series&
request_metrics::observer::series_of(std::string_view application) {
  auto found = series_.find(application);
  if (found != series_.end())
    return found->second;
  if (series_.size() >= max_applications && application != others)
    return series_of(others);
  std::map<std::string, std::string> labels{
    {"application", std::string{application}}, {"loop", loop_}};
  series fresh;
  fresh.application = application;
  fresh.in_progress = &metrics_.in_progress_.Add(labels);
  fresh.latency = &metrics_.latency_.Add(labels, latency_seconds);
  return series_.emplace(application, std::move(fresh)).first->second;
}

prometheus::Counter&
request_metrics::observer::counter_of(series& from, int status) {
  auto& counter = from.by_status[status];
  if (counter == nullptr)
    counter = &metrics_.requests_.Add({{"application", from.application},
                                       {"loop", loop_},
                                       {"status", std::to_string(status)}});
  return *counter;
}

void request_metrics::observer::request_started(std::string_view application) {
  series_of(application).in_progress->Increment();
}

void request_metrics::observer::request_finished(std::string_view application,
                                                 int status,
                                                 duration latency) {
  auto& series = series_of(application);
  series.in_progress->Decrement();
  series.latency->Observe(std::chrono::duration<double>(latency).count());
  counter_of(series, status).Increment();
}

void request_metrics::observer::request_refused(std::string_view application,
                                                int status) {
  counter_of(series_of(application), status).Increment();
}

void request_metrics::observer::connection_shed(shed_reason why) {
  shed_[static_cast<std::size_t>(why)]->Increment();
}

} // namespace serval
