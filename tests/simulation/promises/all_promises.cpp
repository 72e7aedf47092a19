#include "simulation/promises/acknowledged_is_recovered.hpp"
#include "simulation/promises/capacity_is_kept.hpp"
#include "simulation/promises/death_is_answered.hpp"
#include "simulation/promises/drained_gets_no_calls.hpp"
#include "simulation/promises/durable_before_act.hpp"
#include "simulation/promises/nothing_runs_twice.hpp"
#include "simulation/promises/operation_counts_once.hpp"
#include "simulation/promises/poison_meets_no_third.hpp"
#include "simulation/promises/queues_are_bounded.hpp"
#include "simulation/promises/ready_before_promotion.hpp"
#include "simulation/promises/request_is_answered.hpp"
#include "simulation/promises/restarts_back_off.hpp"
#include "simulation/promises/retries_are_few.hpp"
#include "simulation/promises/silent_is_left_alone.hpp"
#include "simulation/promises/stop_loses_no_call.hpp"
#include "simulation/promises/wanted_before_start.hpp"

namespace serval::simulation {

std::vector<std::unique_ptr<promise>>
all_promises(const supervision_options& options) {
  std::vector<std::unique_ptr<promise>> all;
  all.push_back(std::make_unique<acknowledged_is_recovered>());
  all.push_back(std::make_unique<durable_before_act>());
  all.push_back(std::make_unique<operation_counts_once>());
  all.push_back(std::make_unique<wanted_before_start>());
  all.push_back(std::make_unique<ready_before_promotion>());
  all.push_back(std::make_unique<capacity_is_kept>());
  all.push_back(std::make_unique<restarts_back_off>(options));
  all.push_back(std::make_unique<drained_gets_no_calls>());
  all.push_back(std::make_unique<silent_is_left_alone>());
  all.push_back(std::make_unique<poison_meets_no_third>());
  all.push_back(std::make_unique<request_is_answered>());
  all.push_back(std::make_unique<death_is_answered>());
  all.push_back(std::make_unique<nothing_runs_twice>());
  all.push_back(std::make_unique<retries_are_few>());
  all.push_back(std::make_unique<stop_loses_no_call>());
  all.push_back(std::make_unique<queues_are_bounded>());
  return all;
}

} // namespace serval::simulation
