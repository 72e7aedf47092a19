#pragma once

#include "simulation/promises/promise.hpp"

#include <algorithm>
#include <deque>

namespace serval::simulation {

/// A dispatcher repeats at most a tenth of its calls, or thirty in ten seconds,
/// so that retries do not multiply an overload.
class retries_are_few final : public promise {
public:
  retries_are_few() : promise("retries are few") {
    // nop
  }

  void on_daemon() override {
    dispatchers_.clear();
    backends_.clear();
  }

  void on_worker_up(const dispatcher_name&, const backend_spec& backend,
                    worker_id worker) override {
    backends_[worker] = backend.name;
  }

  void on_map(const dispatcher_name& who, const backend_spec& backend,
              std::size_t pieces, const backend_counters& counters) override {
    auto& known = dispatchers_[who];
    bucket(known).firsts += pieces;
    look(known, backend.name, counters);
  }

  void on_calls(const dispatcher_name& who, worker_id worker,
                const std::vector<worker_call>&,
                const backend_counters& counters) override {
    look(dispatchers_[who], backends_[worker], counters);
  }

private:
  static constexpr duration bucket_span = std::chrono::seconds{1};
  // A retry is seen a little after it was allowed. So fewer seconds of retries
  // are compared with more seconds of first attempts than the budget does.
  static constexpr std::int64_t retries_span = 8;
  static constexpr std::int64_t firsts_span = 13;
  static constexpr double always = 30;
  static constexpr double share = 0.1;

  struct counts {
    std::int64_t number = 0;
    std::uint64_t firsts = 0;
    std::uint64_t retries = 0;
  };

  struct history {
    std::deque<counts> buckets;
    /// As the dispatcher counts them, by backend.
    std::map<std::string, std::uint64_t> retries;
  };

  counts& bucket(history& known) {
    auto number = now.time_since_epoch() / bucket_span;
    auto& buckets = known.buckets;
    if (buckets.empty() || buckets.back().number != number)
      buckets.push_back({number, 0, 0});
    while (buckets.front().number <= number - firsts_span)
      buckets.pop_front();
    return buckets.back();
  }

  void look(history& known, const std::string& backend,
            const backend_counters& counters) {
    auto& seen = known.retries[backend];
    if (counters.retries == seen)
      return;
    auto& newest = bucket(known);
    newest.retries += counters.retries - seen;
    seen = counters.retries;
    std::uint64_t firsts = 0;
    std::uint64_t retries = 0;
    for (const auto& each : known.buckets) {
      firsts += each.firsts;
      if (each.number > newest.number - retries_span)
        retries += each.retries;
    }
    auto allowed = std::max(always, share * static_cast<double>(firsts));
    if (static_cast<double>(retries) > allowed)
      broke("{} calls were repeated in {} s, beside {} first ones in {} s",
            retries, retries_span, firsts, firsts_span);
  }

  std::map<dispatcher_name, history> dispatchers_;
  std::map<worker_id, std::string> backends_;
};

} // namespace serval::simulation
