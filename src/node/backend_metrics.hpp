#pragma once

#include "dispatcher/backend_counters.hpp"
#include "model/ids.hpp"

#include <prometheus/collectable.h>
#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace serval {

/// The metrics of calls to backends, put together from the copies that the
/// loops' dispatchers hand out. Thread-safe.
class backend_metrics final : public prometheus::Collectable {
public:
  /// A dispatcher's counters as they are now; they replace its last.
  void update(const std::string& application, const std::string& backend,
              std::size_t loop, release_number release,
              const backend_counters& counters);

  /// A worker process has so much memory now; 0 once it is over.
  void update_memory(const std::string& application,
                     const std::string& backend, pid_t process,
                     std::uint64_t resident_bytes);

  /// How many workers of a backend get no new calls, as the loop sees it that
  /// ejected most of them.
  std::size_t ejected(const std::string& application,
                      const std::string& backend) const;

  /// A release is over: what it counted stays in the sums.
  void retire(const std::string& application, release_number release);

  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  using backend_key = std::pair<std::string, std::string>;
  using source_key = std::tuple<std::string, std::string, release_number,
                                std::size_t>;

  std::map<backend_key, backend_counters> sums() const;
  prometheus::MetricFamily memory() const;

  mutable std::mutex mutex_;
  std::map<source_key, backend_counters> live_;
  std::map<backend_key, backend_counters> retired_;
  std::map<backend_key, std::map<pid_t, std::uint64_t>> memory_;
};

} // namespace serval
