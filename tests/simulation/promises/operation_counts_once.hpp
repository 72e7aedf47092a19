#pragma once

#include "simulation/promises/promise.hpp"

#include <set>

namespace serval::simulation {

/// However often a command is sent under one operation id, it is carried out
/// once.
class operation_counts_once final : public promise {
public:
  operation_counts_once() : promise("an operation counts once") {
    // nop
  }

  void on_appended(const app_facts& app, const app_master&) override {
    look(app);
  }

  void on_recovered(const app_facts& app, const app_master&) override {
    look(app);
  }

private:
  struct seen_changes {
    std::size_t count = 0;
    std::set<std::string> operations;
  };

  void look(const app_facts& app) {
    auto& seen = seen_[&app];
    for (; seen.count < app.entries.size(); ++seen.count) {
      auto& entry = app.entries[seen.count];
      auto& id = entry.change.cause.operation_id;
      if (!id.empty() && !seen.operations.insert(id).second)
        broke("operation {} was carried out a second time as sequence {}", id,
              entry.number.value);
    }
  }

  std::map<const app_facts*, seen_changes> seen_;
};

} // namespace serval::simulation
