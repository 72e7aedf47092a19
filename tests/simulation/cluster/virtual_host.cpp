#include "simulation/cluster/virtual_host.hpp"

#include <algorithm>
#include <iterator>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

/// Until no request is pinned to a release that served.
constexpr duration idle_after_max = 300ms;

} // namespace

virtual_host::virtual_host(cluster_scene& in, process& daemon, std::string node)
  : in_(in),
    daemon_(daemon),
    node_(std::move(node)),
    orders_(daemon, 1us, 50us),
    reports_(daemon, 1us, 50us) {
  // nop
}

void virtual_host::obey(serval::epoch under,
                        std::function<void(const node_command&)> what) {
  orders_.send([this, what = std::move(what),
                from = node_command{node_, leader_, under}] {
    if (!fence_.admit(from.under)) {
      ++in_.known.counts.stale_refused;
      return;
    }
    in_.watch(&cluster_promise::on_obeyed, in_.known, from);
    what(from);
  });
}

// -- reports ------------------------------------------------------------------

void virtual_host::connect(serval::epoch under, std::string app,
                           inventory_handler on_inventory,
                           report_handler on_report) {
  obey(under, [=, this](const node_command&) {
    auto& place = apps_[app];
    place.report = on_report;
    reports_.send([on_inventory, stock = take_stock(place)] {
      on_inventory(stock);
    });
  });
}

void virtual_host::disconnect(serval::epoch under, std::string app) {
  orders_.send([this, under, app] {
    if (under >= fence_.highest())
      apps_[app].report = nullptr;
  });
}

void virtual_host::list(serval::epoch, names_handler) {
  SERVAL_ASSERT(!"a leader asks all nodes at once");
}

void virtual_host::probe(serval::epoch, std::string, release_number,
                         std::shared_ptr<const app_spec>) {
  SERVAL_ASSERT(!"a leader tries plugins out on its own");
}

void virtual_host::report(const std::string& app, node_report what) {
  if (auto handler = apps_[app].report)
    reports_.send([handler, what = std::move(what)] { handler(what); });
}

app_inventory virtual_host::take_stock(const app_host& app) const {
  app_inventory stock;
  for (const auto& [id, each] : app.workers)
    stock.workers.push_back({each.order.key, each.order.release,
                             each.order.spec, each.order.backend, each.state,
                             0});
  stock.table = app.table;
  stock.acked = app.acked;
  stock.idle = app.idle;
  stock.highest_id = app.highest_id;
  return stock;
}

// -- workers ------------------------------------------------------------------

void virtual_host::start(serval::epoch under, worker_order order) {
  obey(under, [this, order = std::move(order)](const node_command& from) {
    obey_start(from, order);
  });
}

void virtual_host::obey_start(const node_command& from,
                              const worker_order& order) {
  auto& app = apps_[order.app];
  if (auto there = app.workers.find(order.key.id); there != app.workers.end()) {
    if (there->second.order.key != order.key)
      report(order.app, worker_failed{order.key, "the worker before it is "
                                                 "still ending"});
    return; // The order was repeated.
  }
  body_name name{node_, order.app, order.key};
  in_.watch(&cluster_promise::on_start, in_.known, from, name, order);
  in_.loop.note("start " + node_, order.key.id.value, order.key.incarnation);
  in_.known.bodies[name].order = order;
  app.workers[order.key.id] = {order, worker_state::starting};
  app.highest_id = std::max(app.highest_id, order.key.id);
  auto fails = in_.fails(in_.how.workers.start_fails)
               || std::get<std::string>(order.spec->config.at("behaviour"))
                    == "fails";
  auto takes = between(in_.random(), 1us, in_.how.workers.start_max);
  daemon_.after(takes, [this, app = order.app, key = order.key, fails] {
    auto* worker = find(app, key);
    if (worker == nullptr || worker->state != worker_state::starting)
      return;
    if (fails)
      return end(app, key, worker_failed{key, "it does not start"});
    worker->state = worker_state::ready;
    in_.known.bodies[{node_, app, key}].ready = true;
    report(app, worker_ready{key, 1});
  });
}

void virtual_host::stop(serval::epoch under, std::string app, worker_key key,
                        bool drain) {
  obey(under, [=, this](const node_command&) { obey_stop(app, key, drain); });
}

void virtual_host::obey_stop(const std::string& app, worker_key key,
                             bool drain) {
  auto* worker = find(app, key);
  if (worker == nullptr)
    return report(app, worker_stopped{key});
  in_.loop.note("stop " + node_, key.id.value, key.incarnation);
  in_.known.bodies[{node_, app, key}].told_to_stop = true;
  worker->state = drain ? worker_state::draining : worker_state::stopping;
  daemon_.after(between(in_.random(), 1us, in_.how.workers.stop_max),
                [this, app, key] {
                  if (find(app, key) != nullptr)
                    end(app, key, worker_stopped{key});
                });
}

virtual_host::worker_entry* virtual_host::find(const std::string& app,
                                               worker_key key) {
  auto& workers = apps_[app].workers;
  auto found = workers.find(key.id);
  return found != workers.end() && found->second.order.key == key
           ? &found->second
           : nullptr;
}

void virtual_host::end(const std::string& app, worker_key key,
                       node_report why) {
  apps_[app].workers.erase(key.id);
  in_.known.bodies.erase({node_, app, key});
  in_.loop.note("end " + node_, key.id.value, key.incarnation);
  report(app, std::move(why));
}

void virtual_host::crash_any() {
  std::vector<std::pair<std::string, worker_key>> all;
  for (const auto& [name, app] : apps_)
    for (const auto& [id, each] : app.workers)
      if (each.state == worker_state::ready)
        all.emplace_back(name, each.order.key);
  if (all.empty())
    return;
  auto [app, key]
    = all[in_.random().below(static_cast<std::uint32_t>(all.size()))];
  end(app, key, worker_died{key, "it crashed"});
}

// -- tables -------------------------------------------------------------------

void virtual_host::publish(serval::epoch under,
                           std::shared_ptr<const app_table> table) {
  obey(under, [this, table = std::move(table)](const node_command&) {
    obey_publish(table);
  });
}

void virtual_host::obey_publish(const std::shared_ptr<const app_table>& table) {
  auto& app = apps_[table->app];
  if (app.table && app.table->version >= table->version)
    return report(table->app, table_acked{table->version});
  auto previous = app.table ? app.table->serving : release_number{};
  app.table = table;
  std::erase(app.idle, table->serving);
  if (previous && previous != table->serving)
    daemon_.after(between(in_.random(), 1us, idle_after_max),
                  [this, name = table->app, previous] {
                    auto& app = apps_[name];
                    if (app.table->serving == previous)
                      return;
                    app.idle.push_back(previous);
                    report(name, release_idle{previous});
                  });
  daemon_.after(10us, [this, table] {
    auto& acked = apps_[table->app].acked;
    acked = std::max(acked, table->version);
    report(table->app, table_acked{table->version});
  });
}

std::shared_ptr<const app_table>
virtual_host::table_of(const std::string& app) const {
  auto found = apps_.find(app);
  return found == apps_.end() ? nullptr : found->second.table;
}

} // namespace serval::simulation
