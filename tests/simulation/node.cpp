#include "simulation/node.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr duration unwind_grace = 2s;
constexpr duration told_again = 1s;

std::function<void()> after(std::size_t count, std::function<void()> done) {
  auto left = std::make_shared<std::size_t>(count);
  return [left, done = std::move(done)] {
    if (--*left == 0)
      done();
  };
}

} // namespace

node::node(scene& in, process& daemon)
  : in_(in),
    daemon_(daemon),
    loops_(daemon, in.how.loops),
    orders_(daemon, 1us, 50us),
    reports_(daemon, 1us, 50us) {
  // nop
}

node::~node() {
  // The last users of a release would report from within.
  daemon_.kill();
  for (auto& [name, app] : apps_)
    for (auto& [id, entry] : app.workers)
      entry.worker->abandon();
  for (auto& each : ended_)
    each->abandon();
  apps_.clear();
}

// -- orders -------------------------------------------------------------------

void node::connect(const std::string& app, inventory_handler on_inventory,
                   report_handler on_report) {
  orders_.send([this, app, on_inventory, on_report] {
    apps_[app].report = on_report;
    // What was reported to whoever was there before is part of the stock.
    std::erase_if(in_.known.apps[app].bodies,
                  [](const auto& each) { return each.second.gone; });
    reports_.send([on_inventory, stock = take_stock(app)] {
      on_inventory(stock);
    });
  });
}

void node::disconnect(const std::string& app) {
  orders_.send([this, app] { apps_[app].report = nullptr; });
}

app_inventory node::take_stock(const std::string& name) {
  auto& app = apps_[name];
  app_inventory stock;
  for (const auto& [id, entry] : app.workers) {
    const auto& order = entry.worker->order();
    stock.workers.push_back({order.key, order.release, order.spec,
                             order.backend, entry.state, 0});
  }
  for (const auto& [number, release] : app.releases)
    if (release.idle)
      stock.idle.push_back(number);
  stock.table = app.table;
  stock.acked = app.acked;
  stock.highest_id = app.highest_id;
  return stock;
}

void node::probe(const std::string& app, release_number release,
                 std::shared_ptr<const app_spec> spec) {
  auto behaviour = std::get<std::string>(spec->config.at("behaviour"));
  auto fine = behaviour != "refused" && !in_.fails(in_.how.workers.probe_fails);
  daemon_.after(between(in_.random(), 1ms, 500ms), [this, app, release, fine] {
    report(app, release_probed{release, fine, fine ? "" : "it crashes", {}});
  });
}

void node::start(worker_order order) {
  orders_.send([this, order = std::move(order)] { obey_start(order); });
}

void node::stop(const std::string& app, worker_key key, bool drain) {
  orders_.send([this, app, key, drain] { obey_stop(app, key, drain); });
}

void node::publish(std::shared_ptr<const app_table> table) {
  orders_.send([this, table = std::move(table)] { obey_publish(table); });
}

void node::report(const std::string& app, node_report what) {
  if (auto handler = apps_[app].report)
    reports_.send([handler, what = std::move(what)] { handler(what); });
}

// -- workers ------------------------------------------------------------------

void node::obey_start(const worker_order& order) {
  auto& app = apps_[order.app];
  if (app.workers.contains(order.key.id))
    return; // The order was repeated.
  auto& release = open_release(app, order.app, order.release, order.spec);
  virtual_worker::setup how;
  how.order = order;
  how.home = release.started[order.backend]++ % loops_.count();
  for (auto& each : release.dispatchers)
    how.dispatchers.push_back(each.get());
  how.poison = release.poison;
  how.on_begun = [this, name = order.app](worker_key key) {
    apps_[name].workers.at(key.id).state = worker_state::starting;
    report(name, worker_begun{key});
  };
  how.on_ready = [this, name = order.app](worker_key key) {
    worker_ready_now(name, key);
  };
  how.on_ended = [this, name = order.app](worker_key key, bool stopped,
                                          bool was_ready) {
    worker_over(name, key, stopped, was_ready);
  };
  in_.known.apps[order.app].bodies[order.key].order = order;
  in_.loop.note("start", order.key.id.value, order.key.incarnation);
  auto worker
    = std::make_shared<virtual_worker>(in_, loops_, std::move(how));
  app.workers[order.key.id] = {worker, worker_state::starting};
  app.highest_id = std::max(app.highest_id, order.key.id);
  if (!in_.fails(in_.how.workers.queued))
    return worker->start(duration{});
  app.workers[order.key.id].state = worker_state::queued;
  report(order.app, worker_delayed{order.key, "others come first"});
  worker->start(between(in_.random(), 1ms, in_.how.supervision.queue_max));
}

void node::worker_ready_now(const std::string& name, worker_key key) {
  auto found = apps_[name].workers.find(key.id);
  if (found != apps_[name].workers.end()
      && found->second.state == worker_state::starting)
    found->second.state = worker_state::ready;
  report(name, worker_ready{key, static_cast<std::int64_t>(key.id.value)});
}

void node::obey_stop(const std::string& name, worker_key key, bool drain) {
  auto& app = apps_[name];
  auto found = app.workers.find(key.id);
  if (found == app.workers.end() || found->second.worker->key() != key)
    return report(name, worker_stopped{key});
  found->second.state = drain ? worker_state::draining : worker_state::stopping;
  auto& body = in_.known.apps[name].bodies.at(key);
  body.told_to_stop = true;
  in_.loop.note("stop", key.id.value, key.incarnation);
  found->second.worker->end(drain ? body.order.spec->deadline : 0s,
                            unwind_grace);
}

void node::worker_over(const std::string& name, worker_key key, bool stopped,
                       bool was_ready) {
  auto& app = apps_[name];
  auto found = app.workers.find(key.id);
  if (found == app.workers.end() || found->second.worker->key() != key)
    return;
  ended_.push_back(found->second.worker);
  app.workers.erase(found);
  in_.known.apps[name].bodies.at(key).gone = true;
  in_.loop.note(stopped ? "stopped" : was_ready ? "died" : "failed",
                key.id.value, key.incarnation);
  if (stopped)
    report(name, worker_stopped{key});
  else if (was_ready)
    report(name, worker_died{key, "killed"});
  else
    report(name, worker_failed{key, "it does not start"});
}

node::release_host&
node::open_release(app_host& app, const std::string& name,
                   release_number number,
                   const std::shared_ptr<const app_spec>& spec) {
  auto [place, fresh] = app.releases.try_emplace(number);
  auto& release = place->second;
  if (!fresh)
    return release;
  release.spec = spec;
  release.board = std::make_unique<queue_board>(loops_.count());
  for (std::size_t i = 0; i < loops_.count(); ++i)
    release.dispatchers.push_back(std::make_unique<virtual_dispatcher>(
      in_, loops_, dispatcher_name{name, number, i}, spec, *release.poison,
      *release.board));
  return release;
}

std::shared_ptr<virtual_worker> node::any_worker() {
  std::size_t count = 0;
  for (const auto& [name, app] : apps_)
    count += app.workers.size();
  if (count == 0)
    return nullptr;
  auto at = in_.random().below(static_cast<std::uint32_t>(count));
  for (const auto& [name, app] : apps_)
    for (const auto& [id, entry] : app.workers)
      if (at-- == 0)
        return entry.worker;
  return nullptr;
}

bool node::has(const std::shared_ptr<virtual_worker>& worker) {
  auto& workers = apps_[worker->order().app].workers;
  auto found = workers.find(worker->key().id);
  return found != workers.end() && found->second.worker == worker;
}

void node::outgrow(std::shared_ptr<virtual_worker> worker) {
  if (!has(worker) || in_.calm)
    return;
  report(worker->order().app,
         worker_outgrown{worker->key(), "it takes too much"});
  daemon_.after(told_again, [this, worker] { outgrow(worker); });
}

void node::fall_ill(std::shared_ptr<virtual_worker> worker) {
  if (!has(worker) || !worker->serving() || in_.calm)
    return;
  report(worker->order().app,
         worker_unhealthy{worker->key(), "it fails its checks", false});
  daemon_.after(told_again, [this, worker] { fall_ill(worker); });
}

// -- tables -------------------------------------------------------------------

void node::obey_publish(std::shared_ptr<const app_table> table) {
  auto& app = apps_[table->app];
  if (app.table && app.table->version >= table->version)
    return report(table->app, table_acked{table->version});
  auto previous = app.table ? app.table->serving : release_number{};
  app.table = table;
  in_.loop.note("table", table->version, table->serving.value);
  if (table->serving != previous)
    serve(app, previous);
  auto done = after(loops_.count(), [this, table] {
    auto& acked = apps_[table->app].acked;
    acked = std::max(acked, table->version);
    report(table->app, table_acked{table->version});
  });
  for (std::size_t i = 0; i < loops_.count(); ++i)
    loops_.post(0, i, done);
}

void node::serve(app_host& app, release_number previous) {
  auto& table = *app.table;
  auto idle = after(loops_.count(), [this, name = table.app, previous] {
    if (!previous)
      return;
    apps_[name].releases[previous].idle = true;
    report(name, release_idle{previous});
  });
  auto* next = find_release(table, table.serving);
  if (next == nullptr && app.triggers.empty())
    return;
  if (next != nullptr && !app.places)
    app.places = std::make_shared<admission>(next->spec->max_requests);
  if (app.triggers.empty())
    for (std::size_t i = 0; i < loops_.count(); ++i)
      app.triggers.push_back(
        std::make_unique<virtual_trigger>(in_, table.app, app.places));
  for (std::size_t i = 0; i < loops_.count(); ++i) {
    std::shared_ptr<release_use> use;
    if (next != nullptr) {
      auto& release = open_release(app, table.app, table.serving, next->spec);
      use = std::make_shared<release_use>();
      use->release = table.serving;
      use->dispatcher = release.dispatchers[i].get();
      use->spec = next->spec;
      use->board = release.board.get();
    }
    loops_.post(0, i, [trigger = app.triggers[i].get(), use, idle] {
      trigger->serve(use, idle);
    });
  }
}

// -- requests -----------------------------------------------------------------

void node::request(std::size_t loop, const std::string& app,
                   const std::string& id, external_request what,
                   virtual_trigger::reply_handler on_reply) {
  auto found = apps_.find(app);
  if (found == apps_.end() || found->second.triggers.empty())
    return on_reply(outcome::failure(errc::not_found, "no route"));
  found->second.triggers[loop]->start(id, std::move(what),
                                      std::move(on_reply));
}

void node::cancel(std::size_t loop, const std::string& app,
                  const std::string& id) {
  auto found = apps_.find(app);
  if (found != apps_.end() && !found->second.triggers.empty())
    found->second.triggers[loop]->cancel(id);
}

bool node::idle() const {
  for (const auto& [name, app] : apps_) {
    if (app.places && app.places->in_progress() > 0)
      return false;
    for (const auto& trigger : app.triggers)
      if (!trigger->idle())
        return false;
    for (const auto& [number, release] : app.releases)
      for (const auto& each : release.dispatchers)
        if (!each->idle())
          return false;
  }
  return true;
}

} // namespace serval::simulation
