#pragma once

#include "simulation/promises/promise.hpp"

namespace serval::simulation {

/// A piece that has killed two workers of a release is sent to no third.
class poison_meets_no_third final : public promise {
public:
  poison_meets_no_third() : promise("poison meets no third") {
    // nop
  }

  void on_daemon() override {
    deaths_.clear();
  }

  void on_killed_by(const std::string& app, release_number release,
                    std::string_view piece) override {
    ++deaths_[{app, release, std::string{piece}}];
  }

  void on_calls(const dispatcher_name& who, worker_id worker,
                const std::vector<worker_call>& calls,
                const backend_counters&) override {
    for (const auto& call : calls) {
      auto found = deaths_.find(
        {who.app, who.release, std::string{call.request.bytes}});
      if (found != deaths_.end() && found->second >= 2)
        broke("piece \"{}\", which has killed {} workers, is sent to worker {}",
              call.request.bytes, found->second, worker.value);
    }
  }

private:
  using piece_name = std::tuple<std::string, release_number, std::string>;

  std::map<piece_name, std::uint32_t> deaths_;
};

} // namespace serval::simulation
