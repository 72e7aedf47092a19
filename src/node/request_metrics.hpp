#pragma once

#include "proxy/request_observer.hpp"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <class T>
class Family;
} // namespace prometheus

namespace serval {

/// The metrics of external requests: by application, status and loop. The loop
/// is a label so that loops never share a counter.
class request_metrics {
public:
  explicit request_metrics(prometheus::Registry& registry);

  /// An observer for one loop. `metrics` outlives it.
  class observer final : public request_observer {
  public:
    observer(request_metrics& metrics, std::size_t loop);

    void request_started(std::string_view application) override;
    void request_finished(std::string_view application, int status,
                          duration latency) override;
    void request_refused(std::string_view application, int status) override;
    void connection_shed(shed_reason why) override;

  private:
    struct series {
      prometheus::Gauge* in_progress = nullptr;
      prometheus::Histogram* latency = nullptr;
      std::map<int, prometheus::Counter*> by_status;
    };

    series& series_of(std::string_view application);
    prometheus::Counter& counter_of(series& from, std::string_view application,
                                    int status);

    request_metrics& metrics_;
    std::string loop_;
    std::map<std::string, series, std::less<>> series_;
    std::array<prometheus::Counter*, shed_reason_count> shed_{};
  };

private:
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Gauge>& in_progress_;
  prometheus::Family<prometheus::Histogram>& latency_;
  prometheus::Family<prometheus::Counter>& shed_;
};

} // namespace serval
