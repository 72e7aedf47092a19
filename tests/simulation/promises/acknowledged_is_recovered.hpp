#pragma once

#include "simulation/promises/promise.hpp"

namespace serval::simulation {

/// What an operator or an app_master was told to be durable is there after
/// every restart, and replay tells the same state as life did. Damage to what
/// was durable is reported and never passes for an older state.
class acknowledged_is_recovered final : public promise {
public:
  acknowledged_is_recovered() : promise("acknowledged is recovered") {
    // nop
  }

  void on_read(const app_facts& app, const journal& read) override {
    if (read.last < app.acknowledged)
      broke("sequence {} was acknowledged, the journal ends at {}",
            app.acknowledged.value, read.last.value);
  }

  void on_recovered(const app_facts& app, const app_master& core) override {
    compare(app.told, core);
  }

  void on_appended(const app_facts& app, const app_master& core) override {
    compare(app.told, core);
  }


private:
  void compare(const app_model& truth, const app_master& core) {
    if (auto text = text_of(core.desired()); text != truth.text())
      broke("the app_master believes \"{}\", the journal says \"{}\"", text,
            truth.text());
  }

};

} // namespace serval::simulation
