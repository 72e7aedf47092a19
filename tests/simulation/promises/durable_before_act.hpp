#pragma once

#include "simulation/promises/promise.hpp"
#include "spec/spec_json.hpp"

#include <algorithm>

namespace serval::simulation {

/// Nothing is acted on, and no command answered, before it is durable; and an
/// app_master that was deposed orders nothing any more.
class durable_before_act final : public promise {
public:
  durable_before_act() : promise("durable before act") {
    // nop
  }

  void on_effect(const app_facts& app, const effect& what,
                 const app_master& core) override {
    if (what.after > app.durable.last)
      broke("an effect waits for sequence {}, but {} is durable",
            what.after.value, app.durable.last.value);
    if (core.deposed() && !std::holds_alternative<answer_command>(what.what))
      broke("a deposed app_master orders something");
    if (auto* start = std::get_if<start_worker>(&what.what))
      check_release(app, start->order.release, "starts a worker of");
    if (auto* probe = std::get_if<probe_release>(&what.what))
      check_release(app, probe->release, "tries out");
  }

  void on_done(const app_facts& app, const app_command& command,
               sequence after) override {
    app_model then;
    for (const auto& entry : app.entries) {
      then.apply(entry);
      if (entry.change.cause.operation_id != command.cause.operation_id)
        continue;
      if (std::holds_alternative<nothing_changed>(entry.change.what)
          && !std::visit([&](const auto& what) { return holds(then, what); },
                         command.what))
        broke("operation {} is said to have changed nothing at sequence {}",
              command.cause.operation_id, entry.number.value);
      return;
    }
    broke("operation {} was answered at sequence {}, but is not durable",
          command.cause.operation_id, after.value);
  }

private:
  void check_release(const app_facts& app, release_number release,
                     std::string_view what) {
    if (!std::ranges::any_of(app.entries, [&](const journal_entry& entry) {
          auto* deploy = std::get_if<release_deployed>(&entry.change.what);
          return deploy != nullptr && deploy->number == release;
        }))
      broke("{} release {}, which no durable change deployed", what,
            release.value);
  }

  static bool holds(const app_model& app, const deploy_release& what) {
    auto& release = app.target ? app.target : app.serving;
    return release && release->hash == release_hash(what.spec);
  }

  static bool holds(const app_model& app, const scale_backend& what) {
    auto& release = app.target ? app.target : app.serving;
    return release
           && app.wanted(release->number, what.backend) == what.workers;
  }

  template <class Other>
  static bool holds(const app_model&, const Other&) {
    return false; // It always changes something.
  }
};

} // namespace serval::simulation
