#pragma once

#include "base/assert.hpp"
#include "spec/spec_json.hpp"
#include "wire/cluster_messages.hpp"

#include <map>
#include <memory>

namespace serval::simulation {

/// Gives what came with specs as text those specs.
inline void bind_specs(inventory_message& what) {
  std::map<release_number, std::shared_ptr<const app_spec>> specs;
  for (const auto& each : what.releases) {
    auto spec = parse_spec_json(each.spec);
    SERVAL_ASSERT(spec);
    specs[each.number] = std::make_shared<const app_spec>(std::move(*spec));
  }
  for (auto& worker : what.has.workers)
    worker.spec = specs.at(worker.release);
  if (!what.has.table)
    return;
  auto table = std::make_shared<app_table>(*what.has.table);
  for (auto& release : table->releases)
    release.spec = specs.at(release.release);
  what.has.table = std::move(table);
}

} // namespace serval::simulation
