#pragma once

#include "cluster/artifact_pull.hpp"
#include "simulation/cluster/daemon_place.hpp"

namespace serval::simulation {

/// The machine's disk, as far as artifacts go.
class machine_shelf final : public artifact_shelf {
public:
  explicit machine_shelf(daemon_place at) : at_(std::move(at)) {
    // nop
  }

  void look_up(std::string sha256,
               std::function<void(holding)> on_answer) override {
    later([this, sha256, on_answer] {
      on_answer({at_.at.artifacts.contains(sha256), 0});
    });
  }

  void append(std::string, std::uint64_t, std::string,
              std::function<void(result<void>)> on_answer) override {
    later([on_answer] { on_answer({}); });
  }

  void complete(std::string sha256,
                std::function<void(result<void>)> on_answer) override {
    later([this, sha256, on_answer] {
      at_.at.artifacts.insert(sha256);
      on_answer({});
    });
  }

private:
  void later(process::event what) {
    using namespace std::chrono_literals;
    at_.life.after(between(at_.in.random(), 10us, 5ms), std::move(what));
  }

  daemon_place at_;
};

} // namespace serval::simulation
