#include "simulation/cluster/cluster_master.hpp"

#include "app_master/compaction.hpp"

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

app_master::settings settings_of(cluster_scene& in,
                                 const cluster_master::setup& how) {
  app_master::settings out;
  out.app = how.app;
  out.first_worker = how.numbers.first_worker;
  out.first_table = how.numbers.first_table;
  out.seed = in.random()();
  out.supervision = in.how.supervision;
  return out;
}

} // namespace

cluster_master::cluster_master(daemon_place at, worker_control& workers,
                               setup how)
  : at_(std::move(at)),
    workers_(workers),
    how_(std::move(how)),
    core_(settings_of(at_.in, how_)) {
  workers_.connect(
    how_.epoch, how_.app,
    [this](app_inventory found) {
      truth().at = at_.in.loop.now();
      later(duration{}, [this, found = std::move(found)] {
        inventory_ = found;
        recover_if_complete();
      });
    },
    [this](node_report report) {
      if (alive_)
        take(std::move(report));
    });
  load();
}

master_truth& cluster_master::truth() {
  return at_.in.known.masters[{at_.facts.name, how_.epoch, how_.app}];
}

void cluster_master::later(duration wait, process::event what) {
  at_.life.after(wait, [this, what = std::move(what)] {
    if (alive_)
      what();
  });
}

template <class T>
void cluster_master::ask_store(std::function<result<T>(cluster_store&)> what,
                               std::function<void(result<T>)> on_answer) {
  at_.store.ask<T>(at_.facts.name, at_.life, std::move(what),
                   [this, on_answer = std::move(on_answer)](result<T> how) {
                     if (alive_)
                       on_answer(std::move(how));
                   });
}

void cluster_master::end() {
  alive_ = false;
  workers_.disconnect(how_.epoch, how_.app);
}

void cluster_master::load() {
  ask_store<journal>(
    [this](cluster_store& from) {
      truth().restores = at_.in.known.counts.restores;
      return from.read(how_.app);
    },
    [this](result<journal> from) {
      if (!from)
        return how_.on_failure();
      journal_ = std::move(*from);
      recover_if_complete();
    });
}

void cluster_master::recover_if_complete() {
  if (recovered_ || !journal_ || !inventory_)
    return;
  auto what = core_.recover(*journal_, *inventory_, at_.now(),
                            how_.left->last);
  run(std::move(what));
  recovered_ = true;
  if (!core_.observed().unknown.empty())
    ++at_.in.known.counts.orphans_kept;
  for (auto& [command, on_reply] : std::exchange(early_, {}))
    order(std::move(command), std::move(on_reply));
  if (!news_.empty())
    later(1us, [this] {
      run(core_.on_reports(std::exchange(news_, {}), at_.now()));
    });
}

void cluster_master::order(app_command command, reply_handler on_reply) {
  if (!recovered_) {
    early_.emplace_back(std::move(command), std::move(on_reply));
    return;
  }
  auto ticket = ++last_ticket_;
  replies_.emplace(ticket, std::move(on_reply));
  run(core_.handle(command, ticket, at_.now()));
}

void cluster_master::take(node_report report) {
  if (recovered_ && news_.empty())
    later(1us, [this] {
      run(core_.on_reports(std::exchange(news_, {}), at_.now()));
    });
  news_.push_back(std::move(report));
}

void cluster_master::take(const result<sequence>& outcome) {
  appending_ = false;
  run(core_.on_appended(outcome, at_.now()));
  if (core_.out_of_step())
    how_.on_failure();
}

// -- effects ------------------------------------------------------------------

void cluster_master::run(effects what) {
  for (const auto& one : what) {
    SERVAL_ASSERT(one.after <= core_.desired().last);
    if (orders_a_node(one)) {
      if (!how_.leads())
        continue;
      at_.in.watch(&cluster_promise::on_command, at_.in.known, at_.facts.name,
                   how_.epoch);
    }
    std::visit([this](const auto& x) { obey(x); }, one.what);
  }
}

void cluster_master::obey(const probe_release& what) {
  workers_.probe(how_.epoch, how_.app, what.release, what.spec);
}

void cluster_master::obey(const start_worker& what) {
  workers_.start(how_.epoch, what.order);
}

void cluster_master::obey(const stop_worker& what) {
  workers_.stop(how_.epoch, how_.app, what.key, what.drain);
}

void cluster_master::obey(const publish_table& what) {
  workers_.publish(how_.epoch, what.table);
}

void cluster_master::obey(const append_changes& what) {
  appending_ = true;
  append_request request{how_.app, how_.epoch, what.expected,
                         wall_time{at_.now().time_since_epoch()},
                         what.changes};
  ask_store<sequence>(
    [request](cluster_store& to) { return to.append(request); },
    [this](const result<sequence>& outcome) { take(outcome); });
}

void cluster_master::obey(const compact_journal& what) {
  ask_store<journal_compacted>(
    [app = how_.app, epoch = how_.epoch, upto = what.upto](cluster_store& in) {
      return compact(in, app, epoch, upto);
    },
    [this](const result<journal_compacted>& outcome) {
      run(core_.on_compacted(outcome, at_.now()));
    });
}

void cluster_master::obey(const answer_command& what) {
  auto found = replies_.extract(what.ticket);
  SERVAL_ASSERT(!found.empty());
  found.mapped()(what.outcome);
}

void cluster_master::obey(const set_timer& what) {
  at_.at_time(what.due, [this, generation = ++timer_generation_] {
    if (alive_ && generation == timer_generation_)
      run(core_.on_timer(at_.now()));
  });
}

void cluster_master::obey(const leave_handover& what) {
  how_.left->last = what.what;
}

} // namespace serval::simulation
