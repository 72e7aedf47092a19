#pragma once

#include "simulation/promises/promise.hpp"

#include <deque>
#include <unordered_set>

namespace serval::simulation {

/// A dispatcher repeats at most a tenth of its calls, beside ten in ten
/// seconds, so that retries do not multiply an overload.
class retries_are_few final : public promise {
public:
  retries_are_few() : promise("retries are few") {
    // nop
  }

  void on_daemon() override {
    dispatchers_.clear();
  }

  void on_map(const dispatcher_name& who, const backend_spec&,
              std::size_t pieces, const backend_counters&) override {
    bucket(who).firsts += pieces;
  }

  void on_calls(const dispatcher_name& who, worker_id,
                const std::vector<worker_call>& calls,
                const backend_counters&) override {
    auto& known = dispatchers_[who];
    for (const auto& call : calls)
      if (!known.sent.insert(call.id.value).second)
        ++bucket(who).retries;
    check(who);
  }

private:
  static constexpr duration bucket_span = std::chrono::seconds{1};
  // A retry that is allowed may wait for a worker as long as requests live, so
  // twenty seconds' retries are those of three of the budget's windows.
  static constexpr std::size_t watched = 20;
  static constexpr std::size_t remembered = 40;
  static constexpr std::uint64_t always = 30;
  static constexpr double share = 0.12;

  struct counts {
    std::int64_t number = 0;
    std::uint64_t firsts = 0;
    std::uint64_t retries = 0;
  };

  struct history {
    std::deque<counts> buckets;
    std::unordered_set<std::uint64_t> sent;
  };

  counts& bucket(const dispatcher_name& who) {
    auto& buckets = dispatchers_[who].buckets;
    auto number = now.time_since_epoch() / bucket_span;
    if (buckets.empty() || buckets.back().number != number)
      buckets.push_back({number, 0, 0});
    while (buckets.front().number + static_cast<std::int64_t>(remembered)
           < number)
      buckets.pop_front();
    return buckets.back();
  }

  void check(const dispatcher_name& who) {
    auto newest = bucket(who).number;
    std::uint64_t firsts = 0;
    std::uint64_t retries = 0;
    for (const auto& each : dispatchers_[who].buckets) {
      firsts += each.firsts;
      if (each.number + static_cast<std::int64_t>(watched) > newest)
        retries += each.retries;
    }
    if (static_cast<double>(retries)
        > always + share * static_cast<double>(firsts))
      broke("{} calls were repeated in {} s, beside {} first ones in {} s",
            retries, watched, firsts, remembered);
  }

  std::map<dispatcher_name, history> dispatchers_;
};

} // namespace serval::simulation
