#include "dispatcher/dispatcher_actor.hpp"

#include "base/assert.hpp"
#include "base/defect.hpp"

#include <caf/send.hpp>

#include <memory>

namespace serval {

namespace {

constexpr duration publication_interval = std::chrono::seconds{1};

} // namespace

dispatcher_actor::dispatcher_actor(caf::actor_config& config,
                                   dispatcher_setup setup)
  : loop_actor(config),
    poison_(std::move(setup.poison)),
    core_(setup.number, setup.seed, *this, *poison_),
    number_(setup.number),
    board_(std::move(setup.board)),
    publish_(std::move(setup.publish)),
    on_over_(std::move(setup.on_over)) {
  for (auto& backend : setup.backends)
    core_.add_backend(backend.name, backend.queue, backend.idempotent);
  expiry_.owner = this;
  publication_.owner = this;
}

caf::behavior dispatcher_actor::make_behavior() {
  return {
    [this](result_batch& batch) {
      take_results(batch.from, std::move(batch.results), batch.busy_per_call);
    },
    [this](const suspended_change& what) {
      add_suspended(what.worker, what.change);
    },
    [this](const worker_up& up) {
      add(up.backend, up.profile, {up.worker, up.near});
    },
    [this](const worker_drain& drain) {
      drain_worker(drain.worker);
      auto worker = workers_.find(drain.worker);
      if (worker != workers_.end())
        caf::anon_send(worker->second.handle,
                       drain_acknowledged{number_, drain.worker});
    },
    [this](const worker_down& down) {
      lose_worker(down.worker, down.received);
    },
    [this](const worker_silence& silence) {
      set_silent(silence.worker, silence.silent);
    },
  };
}

// -- worker_table -------------------------------------------------------------

bool dispatcher_actor::has_backend(std::string_view name) const {
  return core_.has_backend(name);
}

void dispatcher_actor::add_worker(const std::string& backend,
                                  worker_profile profile,
                                  near_worker& worker) {
  add(backend, profile, {nullptr, &worker});
}

void dispatcher_actor::add(const std::string& backend, worker_profile profile,
                           known_worker worker) {
  workers_[profile.id] = std::move(worker);
  core_.add_worker(backend, profile);
  show_queueing();
}

void dispatcher_actor::drain_worker(worker_id worker) {
  core_.drain_worker(worker, loop::now());
  show_queueing();
}

void dispatcher_actor::lose_worker(
  worker_id worker, const std::optional<std::vector<call_id>>& started) {
  core_.worker_died(worker, loop::now(), started);
  show_queueing();
  workers_.erase(worker);
}

void dispatcher_actor::take_results(worker_id from,
                                    std::vector<call_result> results,
                                    duration busy_per_call) {
  core_.results(from, std::move(results), busy_per_call, loop::now());
  show_queueing();
}

void dispatcher_actor::set_load(worker_id worker, std::uint32_t calls) {
  core_.set_load(worker, calls);
}

void dispatcher_actor::add_suspended(worker_id worker, std::int32_t change) {
  core_.add_suspended(worker, change);
  show_queueing();
}

void dispatcher_actor::set_silent(worker_id worker, bool silent) {
  core_.worker_silent(worker, silent, loop::now());
  show_queueing();
}

// -- maps ---------------------------------------------------------------------

void dispatcher_actor::on_exit() {
  expiry_.cancel();
  publication_.cancel();
  if (board_)
    board_->set(number_, {}, {});
  board_ = nullptr;
  if (publish_)
    core_.for_each_backend(publish_);
  // A trigger may still ask, and must not arm a timer of what goes away on
  // another thread.
  publish_ = nullptr;
  if (on_over_)
    on_over_();
  workers_.clear();
  clients_.clear();
}

map_id dispatcher_actor::begin_map(map_request request, map_client& client,
                                   std::uint64_t token) {
  beginning_ = true;
  // The core numbers maps; `done` within `begin` must find the client.
  early_ = {&client, token};
  auto map = core_.begin(std::move(request), loop::now());
  beginning_ = false;
  if (early_.client != nullptr)
    clients_.emplace(map.value, early_);
  set_expiry();
  show_queueing();
  if (publish_ && !publication_.armed())
    home()->arm(publication_, loop::now() + publication_interval);
  return map;
}

void dispatcher_actor::end_map(map_id map) {
  core_.end(map);
  clients_.erase(map.value);
  show_queueing();
}

void dispatcher_actor::send(worker_id to, std::vector<worker_call> calls) {
  auto worker = workers_.find(to);
  SERVAL_ASSERT(worker != workers_.end());
  if (auto* near = worker->second.near)
    near->take_calls(std::move(calls));
  else
    caf::anon_send(worker->second.handle, call_batch{std::move(calls)});
}

void dispatcher_actor::cancel(worker_id to, std::vector<call_id> calls) {
  if (defect("drop_cancel"))
    return;
  auto worker = workers_.find(to);
  if (worker == workers_.end())
    return;
  if (auto* near = worker->second.near)
    near->cancel_calls(calls);
  else
    caf::anon_send(worker->second.handle, cancel_batch{std::move(calls)});
}

void dispatcher_actor::done(map_id map, map_outcomes outcomes) {
  if (!beginning_) {
    tell(map, std::move(outcomes));
    return;
  }
  // The map that is being begun, or one that it takes the place of.
  if (!clients_.contains(map.value))
    clients_.emplace(map.value, std::exchange(early_, {}));
  auto shared = std::make_shared<map_outcomes>(std::move(outcomes));
  home()->post([this, self = caf::actor{this}, map, shared] {
    tell(map, std::move(*shared));
  });
}

void dispatcher_actor::tell(map_id map, map_outcomes outcomes) {
  auto found = clients_.find(map.value);
  if (found == clients_.end())
    return;
  auto waiting = found->second;
  clients_.erase(found);
  waiting.client->map_done(waiting.token, std::move(outcomes));
}

void dispatcher_actor::set_expiry() {
  auto next = core_.next_expiry();
  if (next && (!expiry_.armed() || *next < expiry_.due()))
    home()->arm(expiry_, *next);
}

void dispatcher_actor::show_queueing() {
  if (!board_)
    return;
  auto low = core_.queueing(priority::low);
  // Mostly nothing waits, and the others' caches have that already.
  if (low == duration::zero() && !shows_queueing_)
    return;
  shows_queueing_ = low > duration::zero();
  board_->set(number_, core_.queueing(priority::high), low);
}

void dispatcher_actor::publication::on_timer(time_point) {
  bool busy = false;
  owner->core_.for_each_backend(
    [&](std::string_view backend, const backend_counters& counters) {
      busy |= counters.in_flight > 0 || counters.waiting > 0
              || counters.ejected > 0;
      owner->publish_(backend, counters);
    });
  // Else the last counts would say for ever that something is in flight, or
  // somebody ejected.
  if (busy)
    owner->home()->arm(*this, loop::now() + publication_interval);
}

void dispatcher_actor::expiry::on_timer(time_point now) {
  owner->core_.expire(now);
  owner->set_expiry();
  owner->show_queueing();
}

local_dispatcher spawn_dispatcher(caf::actor_system& system, loop* home,
                                  dispatcher_setup setup) {
  auto handle = spawn_at<dispatcher_actor>(system, home, std::move(setup));
  auto* object = static_cast<dispatcher_actor*>(
    caf::actor_cast<caf::abstract_actor*>(handle));
  return {std::move(handle), object};
}

} // namespace serval
