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
/// is a label so that loops never share a counter. Applications may come and go
/// for ever, so that only so many have series of their own.
class request_metrics {
public:
  static constexpr std::size_t max_applications = 1000;
  /// What stands for the applications beyond these.
  static constexpr std::string_view others = "(others)";

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
      std::string application;
      prometheus::Gauge* in_progress = nullptr;
      prometheus::Histogram* latency = nullptr;
      std::map<int, prometheus::Counter*> by_status;
    };

    series& series_of(std::string_view application);
    prometheus::Counter& counter_of(series& from, int status);

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
