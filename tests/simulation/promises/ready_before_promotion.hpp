#pragma once

#include "simulation/promises/promise.hpp"

namespace serval::simulation {

/// A release takes over only once all its workers have said that they are
/// ready.
class ready_before_promotion final : public promise {
public:
  ready_before_promotion() : promise("ready before promotion") {
    // nop
  }

  void on_effect(const app_facts& app, const effect& what,
                 const app_master&) override {
    auto* append = std::get_if<append_changes>(&what.what);
    if (append == nullptr)
      return;
    // The changes before it in the same write count.
    auto then = app.told;
    for (const auto& change : append->changes) {
      if (auto* promoted = std::get_if<release_promoted>(&change.what))
        check(app, then, promoted->number);
      then.apply({{then.last.value + 1}, {}, {}, change});
    }
    begun_[&app] = now;
  }

private:
  void check(const app_facts& app, const app_model& then,
             release_number number) {
    auto* release = then.find(number);
    if (release == nullptr)
      return;
    for (const auto& [backend, wanted] : release->workers)
      if (auto ready = count_ready(app, number, backend); ready < wanted)
        broke("release {} takes over with {} of {} workers of backend {}",
              number.value, ready, wanted, backend);
  }

  std::uint32_t count_ready(const app_facts& app, release_number number,
                            const std::string& backend) {
    std::uint32_t ready = 0;
    for (const auto& [key, body] : app.bodies)
      ready += body.told_ready && body.order.release == number
               && body.order.backend == backend;
    // It was decided at some time since the write before.
    for (const auto& lost : app.lost)
      ready += lost.at >= begun_[&app] && lost.release == number
               && lost.backend == backend;
    return ready;
  }

  std::map<const app_facts*, time_point> begun_;
};

} // namespace serval::simulation
