#include "simulation/cluster/virtual_leader.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr duration attended_after = 5s;

lease_answer ask(cluster_store& from, const std::string& holder,
                 duration valid_for, serval::epoch held) {
  lease_answer out{from.lease(holder, valid_for, held), {}};
  if (out.grant || (out.grant.error().code != errc::conflict
                    && out.grant.error().code != errc::stale_epoch))
    return out;
  if (auto record = from.last_lease())
    out.held_by = std::move(*record);
  return out;
}

} // namespace

virtual_leader::virtual_leader(daemon_place at, virtual_control& control)
  : at_(std::move(at)),
    control_(control),
    core_(at_.in.how.lease,
          {at_.facts.name, at_.facts.admin, at_.facts.address,
           at_.facts.boot_id},
          at_.in.random()()) {
  // nop
}

void virtual_leader::order(const std::string& app, app_command command,
                           cluster_master::reply_handler on_reply) {
  if (!term_ || core_.view().role != leader_role::leading)
    return on_reply(core_.refusal());
  auto found = masters_.find(app);
  if (found == masters_.end()) {
    if (!std::holds_alternative<deploy_release>(command.what))
      return on_reply(error{errc::not_found, "no such application"});
    spawn_master(app);
    found = masters_.find(app);
  }
  found->second->order(std::move(command), std::move(on_reply));
}

void virtual_leader::run(const std::vector<leadership_effect>& effects) {
  for (const auto& each : effects)
    std::visit([this](const auto& what) { obey(what); }, each);
  if (auto due = core_.due(); due != time_point::max())
    at_.at_time(due, [this, generation = ++timer_generation_] {
      if (generation == timer_generation_)
        run(core_.on_timer(at_.now()));
    });
}

void virtual_leader::obey(const ask_for_lease& what) {
  // The answer has a second part, so that it is no `result` itself.
  auto answer = std::make_shared<lease_answer>(
    lease_answer{error{errc::unavailable, "it does not answer"}, {}});
  at_.store.ask<bool>(
    at_.facts.name, at_.life,
    [answer, holder = core_.holder(), held = what.held,
     valid_for = at_.in.how.lease.valid_for](cluster_store& from) {
      *answer = ask(from, holder, valid_for, held);
      return true;
    },
    [this, answer](const result<bool>& heard) {
      run(core_.on_answer(heard ? *answer
                                : lease_answer{heard.error(), {}},
                          at_.now()));
    });
}

void virtual_leader::obey(const begin_term& what) {
  term_ = what.epoch;
  catalog_ = {};
  restarts_.emplace(master_restarts::options{5, 1min, at_.in.how.supervision},
                    at_.in.random()());
  left_.clear();
  ++at_.in.known.counts.terms;
  at_.in.loop.note(at_.facts.name + " begins to lead", term_.value);
  control_.begin_term(term_);
  at_.store.ask<std::vector<std::string>>(
    at_.facts.name, at_.life,
    [](cluster_store& from) { return from.applications(); },
    [this, term = term_](const result<std::vector<std::string>>& names) {
      begin_masters(term, names);
    });
}

void virtual_leader::begin_masters(
  serval::epoch term, const result<std::vector<std::string>>& names) {
  if (term != term_)
    return;
  if (!names)
    return run(core_.on_recovered(term, names.error(), at_.now()));
  for (const auto& app : *names)
    spawn_master(app);
  control_.list(term, [this, term](const std::vector<std::string>& running) {
    if (term != term_)
      return;
    // What runs and is not in the store is shown as orphans.
    for (const auto& app : running)
      if (!catalog_.contains(app))
        spawn_master(app);
    run(core_.on_recovered(term, {}, at_.now()));
  });
}

void virtual_leader::obey(const end_term&) {
  auto term = std::exchange(term_, {});
  if (!term)
    return;
  at_.in.loop.note(at_.facts.name + " leads no more", term.value);
  for (auto& [app, each] : std::exchange(masters_, {})) {
    each->end();
    ended_.push_back(std::move(each));
  }
  control_.end_term(term);
}

void virtual_leader::spawn_master(const std::string& app) {
  auto number = catalog_.add(app);
  auto& left = left_[app];
  if (!left)
    left = std::make_shared<handover_place>();
  auto& place = masters_[app];
  if (place)
    ended_.push_back(std::move(place));
  place = std::make_unique<cluster_master>(
    at_, control_,
    cluster_master::setup{
      app, numbers_of(term_, number), term_,
      [this, term = term_] { return core_.leads(term, at_.now()); }, left,
      [this, app, term = term_] {
        at_.life.after(1us, [this, app, term] {
          if (term == term_)
            restart(app);
        });
      }});
}

void virtual_leader::restart(const std::string& app) {
  masters_.at(app)->end();
  auto due = restarts_->on_failure(app, "it failed", at_.now());
  if (!due) // Somebody sees it, and says that the cause is gone.
    restarts_->forget(app);
  at_.at_time(due.value_or(at_.now() + attended_after),
              [this, app, term = term_] {
                if (term == term_)
                  spawn_master(app);
              });
}

} // namespace serval::simulation
