#pragma once

#include "app_master/worker_control.hpp"
#include "simulation/app_model.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace serval::simulation {

/// A worker that there is, until its app_master knows that it is gone.
struct body_facts {
  worker_order order;
  bool told_ready = false;
  bool told_to_stop = false;
  /// Its app_master has said so; the node may not have heard it yet.
  bool ordered_to_stop = false;
  /// Its app_master was told that it fails its health checks.
  bool told_ill = false;
  /// Its app_master does not know yet.
  bool gone = false;
};

/// A request that a trigger has let in.
struct request_facts {
  std::string id;
  release_number release;
  time_point since;
  time_point deadline;
  /// How many the application admits at once.
  std::uint32_t admitted_max = 0;
};

struct app_facts {
  std::string name;
  /// All changes that ever became durable, also those that a snapshot has
  /// dropped since.
  std::vector<journal_entry> entries;
  /// Their sum.
  app_model durable;
  /// The sum of those whose app_master knows that they are durable.
  app_model told;
  /// The highest sequence whose append was reported to have gone well.
  sequence acknowledged;
  std::map<worker_key, body_facts> bodies;
  /// Workers that were ready, and when their app_master learned of their end.
  struct lost_worker {
    time_point at;
    release_number release;
    std::string backend;
  };
  std::vector<lost_worker> lost;
  /// The last that the app_master published, and since when it serves what it
  /// serves.
  std::shared_ptr<const app_table> table;
  time_point serving_since;
  std::map<std::string, request_facts> requests;

  /// The changes after `last` are gone with a part of the disk.
  void forget_after(sequence last) {
    std::erase_if(entries,
                  [&](const auto& entry) { return entry.number > last; });
    durable = {};
    for (const auto& entry : entries)
      durable.apply(entry);
  }

  /// The body under that id, or null.
  const body_facts* body_of(worker_id id) const {
    for (auto at = bodies.lower_bound({id, 0});
         at != bodies.end() && at->first.id == id; ++at)
      if (!at->second.gone)
        return &at->second;
    return nullptr;
  }
};

/// What is true in a world: kept by the simulator itself, and not asked of what
/// is being tested.
struct facts {
  std::map<std::string, app_facts, std::less<>> apps;
};

/// How many workers of a backend a table has.
inline std::size_t count_listed(const app_table& table, release_number release,
                                std::string_view backend) {
  auto* found = find_release(table, release);
  if (found == nullptr)
    return 0;
  for (const auto& each : found->backends)
    if (each.name == backend)
      return each.workers.size();
  return 0;
}

inline bool lists(const app_table& table, release_number release,
                  worker_id worker) {
  auto* found = find_release(table, release);
  if (found != nullptr)
    for (const auto& each : found->backends)
      for (auto id : each.workers)
        if (id == worker)
          return true;
  return false;
}

} // namespace serval::simulation
