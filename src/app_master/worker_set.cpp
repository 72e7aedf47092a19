#include "app_master/worker_set.hpp"

#include <algorithm>

namespace serval {

namespace {

bool is_failing(const worker_slot& worker) {
  return is_wanted(worker.state) && worker.state != worker_state::ready
         && worker.failures > 0;
}

} // namespace

worker_slot* worker_set::find(worker_id id) {
  auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

const worker_slot* worker_set::find(worker_id id) const {
  auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &found->second;
}

worker_slot& worker_set::add(worker_slot worker) {
  auto id = worker.key.id;
  auto [place, fresh] = slots_.try_emplace(id, std::move(worker));
  if (fresh)
    count(place->second);
  return place->second;
}

void worker_set::erase(worker_id id) {
  auto found = slots_.find(id);
  if (found == slots_.end())
    return;
  discount(found->second);
  slots_.erase(found);
}

void worker_set::set_state(worker_slot& worker, worker_state state) {
  discount(worker);
  worker.state = state;
  count(worker);
}

void worker_set::set_failures(worker_slot& worker, std::uint32_t failures) {
  discount(worker);
  worker.failures = failures;
  count(worker);
}

const worker_set::census&
worker_set::of(release_number release, const std::string& backend) const {
  static const census none;
  auto found = backends_.find({release, backend});
  return found == backends_.end() ? none : found->second;
}

bool worker_set::is_consistent() const {
  worker_set counted;
  for (const auto& [id, worker] : slots_)
    counted.add(worker);
  return unsettled_ == counted.unsettled_ && failed_ == counted.failed_
         && backends_ == counted.backends_;
}

void worker_set::count(const worker_slot& worker) {
  auto id = worker.key.id;
  auto& backend = backends_[{worker.release, worker.backend}];
  ++backend.present;
  backend.wanted += is_wanted(worker.state);
  backend.failing += is_failing(worker);
  if (serves(worker.state))
    backend.serving.insert(std::ranges::upper_bound(backend.serving, id), id);
  if (worker.state != worker_state::ready)
    unsettled_.insert(id);
  if (worker.failures > 0)
    failed_.insert(id);
}

void worker_set::discount(const worker_slot& worker) {
  auto id = worker.key.id;
  auto found = backends_.find({worker.release, worker.backend});
  auto& backend = found->second;
  backend.wanted -= is_wanted(worker.state);
  backend.failing -= is_failing(worker);
  if (serves(worker.state))
    backend.serving.erase(std::ranges::lower_bound(backend.serving, id));
  unsettled_.erase(id);
  failed_.erase(id);
  if (--backend.present == 0)
    backends_.erase(found);
}

} // namespace serval
