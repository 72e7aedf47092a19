#include "simulation/master.hpp"

#include <algorithm>
#include <array>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

app_master::settings settings_of(scene& in, const master::setup& how) {
  app_master::settings out;
  out.app = how.app;
  out.first_worker = how.first_worker;
  out.seed = in.random()();
  out.supervision = in.how.supervision;
  return out;
}

std::string_view name_of(const effect& what) {
  static constexpr std::array names
    = {"wants probe", "wants start",  "wants stop", "wants table",
       "wants append", "wants compaction", "wants answer", "wants timer",
       "wants handover"};
  return names[what.what.index()];
}

} // namespace

master::master(scene& in, process& daemon, store& from, node& workers,
               setup how)
  : in_(in),
    daemon_(daemon),
    store_(from),
    node_(workers),
    how_(std::move(how)),
    core_(settings_of(in, how_)) {
  known().name = how_.app;
  node_.connect(
    how_.app,
    [this](app_inventory found) {
      later(duration{}, [this, found = std::move(found)] {
        inventory_ = found;
        recover_if_complete();
      });
    },
    [this](node_report report) {
      if (alive_)
        take(std::move(report));
    });
  how_.lane->run([this] {
    if (alive_)
      load();
  });
}

app_facts& master::known() {
  return in_.known.apps[how_.app];
}

/// What it has begun ends with it, as far as it is its own.
void master::later(duration wait, std::function<void()> what) {
  daemon_.after(wait, [this, what = std::move(what)] {
    if (alive_)
      what();
  });
}

void master::crash() {
  alive_ = false;
  node_.disconnect(how_.app);
}

void master::load() {
  auto from = store_.read(how_.app);
  SERVAL_ASSERT(from);
  auto& truth = known();
  // A disk that loses its synced end is only found out where something of that
  // was acknowledged. What was not may be gone, though an app_master read it.
  if (from->last < truth.durable.last && from->last >= truth.acknowledged)
    truth.forget_after(from->last);
  // What was being written when the daemon died may be durable or not.
  for (const auto& entry : from->entries)
    if (entry.number > truth.durable.last) {
      truth.entries.push_back(entry);
      truth.durable.apply(entry);
    }
  in_.watch(&promise::on_read, truth, *from);
  read_ = truth.durable;
  journal_ = std::move(*from);
  recover_if_complete();
}

void master::recover_if_complete() {
  if (recovered_ || !journal_ || !inventory_)
    return;
  auto& truth = known();
  truth.told = read_;
  truth.table = inventory_->table;
  for (const auto& each : inventory_->workers)
    if (each.state == worker_state::ready)
      truth.bodies.at(each.key).told_ready = true;
  auto what = core_.recover(*journal_, *inventory_, in_.loop.now(),
                            how_.left->last);
  in_.watch(&promise::on_recovered, truth, core_);
  run(std::move(what));
  recovered_ = true;
  for (auto& each : std::exchange(early_, {}))
    order(std::move(each.command), std::move(each.on_reply));
  if (!news_.empty())
    later(1us, [this] { look_at_reports(); });
}

void master::order(app_command command, reply_handler on_reply) {
  if (!recovered_) {
    early_.push_back({std::move(command), std::move(on_reply)});
    return;
  }
  auto ticket = ++last_ticket_;
  auto& waiting = waiting_[ticket];
  waiting = {std::move(command), std::move(on_reply)};
  run(core_.handle(app_command{waiting.command}, ticket, in_.loop.now()));
}

void master::take(node_report report) {
  if (recovered_ && news_.empty())
    later(1us, [this] { look_at_reports(); });
  news_.push_back(std::move(report));
}

void master::look_at_reports() {
  auto news = std::exchange(news_, {});
  auto& truth = known();
  for (const auto& each : news) {
    if (auto* ready = std::get_if<worker_ready>(&each)) {
      auto body = truth.bodies.find(ready->key);
      if (body != truth.bodies.end())
        body->second.told_ready = true;
    } else if (auto* failed = std::get_if<worker_failed>(&each)) {
      forget(failed->key);
    } else if (auto* died = std::get_if<worker_died>(&each)) {
      forget(died->key);
    } else if (auto* stopped = std::get_if<worker_stopped>(&each)) {
      forget(stopped->key);
    } else if (auto* ill = std::get_if<worker_unhealthy>(&each)) {
      auto body = truth.bodies.find(ill->key);
      if (body != truth.bodies.end())
        body->second.told_ill = true;
    }
  }
  run(core_.on_reports(news, in_.loop.now()));
}

void master::forget(worker_key key) {
  auto body = known().bodies.extract(key);
  if (body.empty() || !body.mapped().told_ready)
    return;
  const auto& order = body.mapped().order;
  known().lost.push_back({in_.loop.now(), order.release, order.backend});
}

// -- the journal --------------------------------------------------------------

void master::append(const append_request& request) {
  auto& truth = known();
  try {
    auto outcome = store_.append(request);
    if (outcome) {
      auto number = request.expected;
      for (const auto& change : request.changes) {
        ++number.value;
        truth.entries.push_back({number, request.epoch, request.at, change});
        truth.durable.apply(truth.entries.back());
      }
      truth.acknowledged = *outcome;
    }
    in_.loop.note("append", request.expected.value, outcome.has_value());
    later(1us, [this, request, outcome] { take(request, outcome); });
  } catch (power_cut) {
    how_.on_power_cut();
  }
}

void master::compact(sequence upto) {
  try {
    auto outcome = serval::compact(store_, how_.app, how_.epoch, upto);
    in_.loop.note("compact", upto.value, outcome.has_value());
    later(1us, [this, outcome] {
      run(core_.on_compacted(outcome, in_.loop.now()));
    });
  } catch (power_cut) {
    how_.on_power_cut();
  }
}

void master::take(const append_request& request,
                  const result<sequence>& outcome) {
  appending_ = false;
  auto& truth = known();
  if (outcome)
    for (const auto& entry : truth.entries)
      if (entry.number > request.expected && entry.number <= *outcome)
        truth.told.apply(entry);
  auto what = core_.on_appended(outcome, in_.loop.now());
  if (outcome)
    in_.watch(&promise::on_appended, truth, core_);
  run(std::move(what));
}

// -- effects ------------------------------------------------------------------

void master::run(effects what) {
  for (const auto& one : what) {
    in_.loop.note(name_of(one), one.after.value);
    in_.watch(&promise::on_effect, known(), one, core_);
    if (in_.broken)
      return;
    std::visit([&](const auto& x) { obey(one, x); }, one.what);
  }
}

void master::obey(const effect&, const probe_release& what) {
  node_.probe(how_.app, what.release, what.spec);
}

void master::obey(const effect&, const start_worker& what) {
  node_.start(what.order);
}

void master::obey(const effect&, const stop_worker& what) {
  auto body = known().bodies.find(what.key);
  if (body != known().bodies.end())
    body->second.ordered_to_stop = true;
  node_.stop(how_.app, what.key, what.drain);
}

void master::obey(const effect&, const publish_table& what) {
  auto& truth = known();
  if (!truth.table || truth.table->serving != what.table->serving)
    truth.serving_since = in_.loop.now();
  truth.table = what.table;
  node_.publish(what.table);
}

void master::obey(const effect&, const append_changes& what) {
  SERVAL_ASSERT(!appending_);
  appending_ = true;
  auto skew = in_.how.machine.wall_skew;
  append_request request{how_.app, how_.epoch, what.expected,
                         wall_time{in_.loop.now().time_since_epoch()
                                   + between(in_.random(), -skew, skew)},
                         what.changes};
  how_.lane->run([this, request] { append(request); });
}

void master::obey(const effect&, const compact_journal& what) {
  how_.lane->run([this, upto = what.upto] { compact(upto); });
}

void master::obey(const effect& from, const answer_command& what) {
  auto found = waiting_.extract(what.ticket);
  SERVAL_ASSERT(!found.empty());
  auto& waiting = found.mapped();
  if (what.outcome)
    in_.watch(&promise::on_done, known(), waiting.command, from.after);
  waiting.on_reply(what.outcome);
}

void master::obey(const effect&, const set_timer& what) {
  auto generation = ++timer_generation_;
  later(std::max(what.due - in_.loop.now(), duration{}),
              [this, generation] {
                if (generation == timer_generation_)
                  run(core_.on_timer(in_.loop.now()));
              });
}

void master::obey(const effect&, const leave_handover& what) {
  how_.left->last = what.what;
}

} // namespace serval::simulation
