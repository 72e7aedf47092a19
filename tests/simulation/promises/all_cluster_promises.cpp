#include "simulation/promises/amnesia_stops_nothing.hpp"
#include "simulation/promises/commands_need_the_lease.hpp"
#include "simulation/promises/drained_gets_no_workers.hpp"
#include "simulation/promises/no_worker_runs_twice.hpp"
#include "simulation/promises/one_leader_per_epoch.hpp"
#include "simulation/promises/stale_commands_are_refused.hpp"
#include "simulation/promises/workers_fit_their_nodes.hpp"

namespace serval::simulation {

std::vector<std::unique_ptr<cluster_promise>> all_cluster_promises() {
  std::vector<std::unique_ptr<cluster_promise>> all;
  all.push_back(std::make_unique<one_leader_per_epoch>());
  all.push_back(std::make_unique<stale_commands_are_refused>());
  all.push_back(std::make_unique<commands_need_the_lease>());
  all.push_back(std::make_unique<workers_fit_their_nodes>());
  all.push_back(std::make_unique<drained_gets_no_workers>());
  all.push_back(std::make_unique<amnesia_stops_nothing>());
  all.push_back(std::make_unique<no_worker_runs_twice>());
  return all;
}

} // namespace serval::simulation
