#include "node/worker_host.hpp"

#include "backend/backend_confinement.hpp"
#include "backend/inline_body.hpp"
#include "node/countdown.hpp"
#include "node/on_loop.hpp"
#include "spec/units.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

/// How long user code may take to unwind before its process is killed.
constexpr duration unwind_grace = std::chrono::seconds{2};

/// How many instances of an application's inline backends are made at once.
constexpr std::size_t loader_threads = 2;

executor::limits limits_of(const backend_spec& spec, std::size_t senders) {
  executor::limits limits;
  limits.concurrency = spec.concurrency;
  // Each dispatcher may send as much as the queue holds.
  limits.queue = (spec.queue + spec.concurrency)
                 * static_cast<std::uint32_t>(senders);
  limits.stack_bytes = spec.stack_bytes;
  return limits;
}

/// How many processes of a backend each loop may have.
std::uint32_t process_share(std::size_t loops) {
  return std::max(1u, processes_default_max
                        / static_cast<std::uint32_t>(loops));
}

} // namespace

worker_host::worker_host(worker_host_setup setup)
  : setup_(std::move(setup)),
    gate_({setup_.workers.starts_max,
           duration{std::chrono::seconds{1}}
             / setup_.workers.restarts_per_second_max}) {
  gate_timer_.owner = this;
}

worker_host::~worker_host() = default;

void worker_host::on_control_loop(std::function<void()> what) {
  setup_.loops.front()->post(std::move(what));
}

void worker_host::report(const std::string& app, node_report what) {
  auto found = apps_.find(app);
  if (found != apps_.end() && found->second.report)
    found->second.report(std::move(what));
}

// -- orders, from any thread --------------------------------------------------

void worker_host::obey(serval::epoch under, std::string_view order,
                       std::function<void()> what) {
  on_control_loop([this, under, order, what = std::move(what)] {
    if (fence_.admit(under))
      return what();
    setup_.stale_commands.Increment();
    setup_.log.write(log_level::warning, "stale_command",
                     fmt::format("an order to {} is refused: it was given "
                                 "under epoch {}, but epoch {} leads by now",
                                 order, under.value,
                                 fence_.highest().value));
  });
}

void worker_host::list(serval::epoch under, names_handler on_names) {
  obey(under, "list applications", [this, on_names = std::move(on_names)] {
    std::vector<std::string> names;
    for (const auto& [name, app] : apps_)
      if (!app.workers.empty() || !app.waiting.empty())
        names.push_back(name);
    on_names(std::move(names));
  });
}

void worker_host::connect(serval::epoch under, std::string app,
                          inventory_handler on_inventory,
                          report_handler on_report) {
  obey(under, "report", [this, app = std::move(app),
                         on_inventory = std::move(on_inventory),
                         on_report = std::move(on_report)] {
    auto& host = apps_[app];
    host.report = on_report;
    on_inventory(take_stock(host));
  });
}

void worker_host::disconnect(serval::epoch under, std::string app) {
  on_control_loop([this, under, app = std::move(app)] {
    // Whoever ends after its successor has come takes nothing from it.
    if (under >= fence_.highest())
      apps_[app].report = nullptr;
  });
}

void worker_host::probe(serval::epoch under, std::string app,
                        release_number release,
                        std::shared_ptr<const app_spec> spec) {
  obey(under, "try a plugin out", [this, app = std::move(app), release,
                                   spec = std::move(spec)] {
    obey_probe(app, release, spec);
  });
}

void worker_host::obey_probe(const std::string& app, release_number release,
                             const std::shared_ptr<const app_spec>& spec) {
  setup_.probe(spec, [this, app,
                      release](result<std::vector<std::string>> how) {
    release_probed probed;
    probed.release = release;
    probed.fine = how.has_value();
    if (how)
      probed.warnings = std::move(how).value();
    else
      probed.reason = how.error().message;
    on_control_loop([this, app, probed] { report(app, probed); });
  });
}

void worker_host::start(serval::epoch under, worker_order order) {
  obey(under, "start a worker",
       [this, order = std::move(order)] { obey_start(order); });
}

void worker_host::stop(serval::epoch under, std::string app, worker_key key,
                       bool drain) {
  obey(under, "stop a worker", [this, app = std::move(app), key, drain] {
    obey_stop(app, key, drain);
  });
}

void worker_host::publish(serval::epoch under,
                          std::shared_ptr<const app_table> table) {
  obey(under, "publish a table",
       [this, table = std::move(table)] { obey_publish(table); });
}

void worker_host::shut_down(duration drain, std::function<void()> done) {
  on_control_loop([this, drain, done = std::move(done)] {
    shutting_down_ = true;
    on_shut_down_ = done;
    gate_timer_.cancel();
    for (auto& [name, app] : apps_)
      for (auto& [id, worker] : app.workers)
        caf::anon_send(worker.actor, end_worker{drain, unwind_grace});
    finish_shut_down();
  });
}

worker_host::stock worker_host::take_stock() const {
  return on_loop(*setup_.loops.front(), [this] {
    stock out{fence_.highest(), {}};
    for (const auto& [name, app] : apps_)
      out.apps.emplace(name, take_stock(app));
    return out;
  });
}

app_inventory worker_host::take_stock(const app_host& app) {
  app_inventory stock;
  for (const auto& [id, worker] : app.workers)
    stock.workers.push_back({worker.key, worker.release,
                             app.releases.at(worker.release).spec,
                             worker.backend, worker.state, worker.pid});
  for (const auto& [id, start] : app.waiting)
    stock.workers.push_back({start.order.key, start.order.release,
                             start.order.spec, start.order.backend,
                             worker_state::queued, 0});
  // What served before this process took over is no matter of its requests.
  auto serving = app.table ? app.table->serving : release_number{};
  for (const auto& [number, release] : app.releases)
    if (release.idle || (!release.served && number < serving))
      stock.idle.push_back(number);
  stock.table = app.table;
  stock.acked = app.acked;
  stock.highest_id = app.highest_id;
  return stock;
}

// -- workers ------------------------------------------------------------------

void worker_host::obey_start(worker_order order) {
  if (shutting_down_)
    return;
  auto& app = apps_[order.app];
  auto there = app.workers.find(order.key.id);
  if (there != app.workers.end() && there->second.key != order.key)
    return report(order.app, worker_failed{order.key, "the worker before it "
                                                      "is still ending"});
  if (there != app.workers.end() || app.waiting.contains(order.key.id))
    return; // The order was repeated.
  app.highest_id = std::max(app.highest_id, order.key.id);
  gate_.add({order.app, order.key, order.failures > 1});
  auto name = order.app;
  auto id = order.key.id;
  app.waiting.emplace(id, waiting_start{std::move(order)});
  run_starts();
  auto waits = app.waiting.find(id);
  if (waits == app.waiting.end())
    return;
  waits->second.told = true;
  report(name, worker_delayed{waits->second.order.key, gate_.why()});
}

void worker_host::run_starts() {
  if (shutting_down_)
    return;
  auto& home = *setup_.loops.front();
  for (auto& each : gate_.admit(loop::now())) {
    auto start = apps_.at(each.app).waiting.extract(each.key.id);
    if (start.mapped().told)
      report(each.app, worker_begun{each.key});
    start_now(start.mapped().order);
  }
  if (auto due = gate_.due())
    home.arm(gate_timer_, *due);
}

void worker_host::end_start(const std::string& app, worker_key key) {
  gate_.remove(app, key);
  run_starts();
}

void worker_host::start_now(const worker_order& order) {
  auto& app = apps_[order.app];
  auto& release = open_release(app, order.app, order.release, order.spec);
  auto number = release.started[order.backend]++;
  auto& home = *setup_.loops[number % setup_.loops.size()];
  auto actor = spawn_at<worker_actor>(setup_.system, &home,
                                      set_up_worker(app, release, order,
                                                    home));
  ++release.workers;
  app.workers.emplace(
    order.key.id,
    worker_entry{order.key, order.release, order.backend, actor});
}

worker_host::release_host&
worker_host::open_release(app_host& app, const std::string& name,
                          release_number number,
                          const std::shared_ptr<const app_spec>& spec) {
  auto [place, fresh] = app.releases.try_emplace(number);
  auto& release = place->second;
  if (!fresh)
    return release;
  release.spec = spec;
  release.board = std::make_shared<queue_board>(setup_.loops.size());
  release.plugin = std::make_shared<shared_plugin>(
    setup_.artifact_path(spec->plugin_sha256), spec->plugin_sha256,
    [&log = setup_.log, name](const error& why) {
      log.write(log_level::warning, "plugin_leaked", name + ": " + why.message);
    });
  auto on_over = after(setup_.loops.size(),
                       [&metrics = setup_.metrics, name, number] {
                         metrics.retire(name, number);
                       });
  for (std::size_t i = 0; i < setup_.loops.size(); ++i) {
    dispatcher_setup setup;
    setup.on_over = on_over;
    setup.board = release.board;
    setup.number = static_cast<std::uint8_t>(i);
    setup.seed = number.value << 8 | i;
    setup.backends = spec->backends;
    setup.poison = release.poison;
    setup.publish = [&metrics = setup_.metrics, name, i,
                     number](std::string_view backend,
                             const backend_counters& counters) {
      metrics.update(name, std::string{backend}, i, number, counters);
    };
    release.dispatchers.push_back(spawn_dispatcher(
      setup_.system, setup_.loops[i].get(), std::move(setup)));
  }
  if (setup_.peers != nullptr)
    release.gateways = setup_.peers->open_release(setup_.system, name, number);
  use_peers(app, name, number, release);
  return release;
}

worker_setup worker_host::set_up_worker(app_host& app, release_host& release,
                                        const worker_order& order,
                                        loop& home) {
  auto& spec = *find_backend(*order.spec, order.backend);
  worker_setup setup;
  setup.id = order.key.id;
  setup.backend = order.backend;
  setup.concurrency = spec.concurrency;
  for (auto& dispatcher : release.dispatchers)
    setup.dispatchers.push_back(dispatcher.handle);
  for (auto& gateway : release.gateways)
    setup.dispatchers.push_back(gateway.handle);
  setup.dispatcher = release.dispatchers[home.index()];
  setup.poison = release.poison;
  setup.on_ready = [this, app = order.app, key = order.key](std::int64_t pid) {
    on_control_loop([this, app, key, pid] { worker_is_ready(app, key, pid); });
  };
  setup.health = {spec.health_period, spec.health_timeout,
                  spec.health_failures};
  setup.on_unhealthy = [this, app = order.app,
                        key = order.key](health_watch::verdict how) {
    on_control_loop([this, app, key, how = std::move(how)] {
      worker_unwell(app, key, how);
    });
  };
  setup.on_ended = [this, app = order.app, key = order.key](
                     bool stopped, bool was_ready, const error& why) {
    on_control_loop([this, app, key, stopped, was_ready, why] {
      worker_over(app, key, stopped, was_ready, why);
    });
  };
  setup.log = [&log = setup_.log, app = order.app, backend = order.backend,
               id = order.key.id](std::string_view request_id,
                                  std::uint32_t level, std::string_view text) {
    log.write(worker_line{app, backend, id, request_id, level, text});
  };
  std::shared_ptr<process_pool> pool;
  if (spec.isolation == isolation::process) {
    auto& pools = release.pools[order.backend];
    pools.resize(setup_.loops.size());
    if (!pools[home.index()])
      pools[home.index()] = std::make_shared<process_pool>(
        home, setup_.spawner,
        process_options{order.app + "/" + order.backend,
                        order.spec->plugin,
                        setup_.artifact_path(order.spec->plugin_sha256),
                        order.spec->plugin_sha256,
                        start_timeout_of(spec),
                        setup_.workers.hang_kill,
                        confinement_of(*order.spec, spec), spec.memory_bytes,
                        [&metrics = setup_.metrics, app = order.app,
                         backend = order.backend](pid_t process,
                                                  std::uint64_t bytes) {
                          metrics.update_memory(app, backend, process, bytes);
                        }},
        spec.workers_per_process, process_share(setup_.loops.size()));
    pool = pools[home.index()];
  } else if (!app.loaders) {
    app.loaders = std::make_unique<blocking_pool>(loader_threads);
  }
  setup.make_body = [this, order, &home, pool, plugin = release.plugin,
                     loaders = app.loaders.get()](worker_body_events& events) {
    return make_body(order, home, pool, plugin, loaders, events);
  };
  return setup;
}

duration worker_host::start_timeout_of(const backend_spec& spec) const {
  return spec.start_timeout == duration::zero() ? setup_.workers.start_timeout
                                                : spec.start_timeout;
}

std::unique_ptr<worker_body>
worker_host::make_body(const worker_order& order, loop& home,
                       std::shared_ptr<process_pool> pool,
                       std::shared_ptr<shared_plugin> plugin,
                       blocking_pool* loaders,
                       worker_body_events& events) {
  auto& spec = *find_backend(*order.spec, order.backend);
  auto loops = setup_.loops.size();
  // Each loop's dispatcher, and its gateway.
  auto senders = setup_.peers == nullptr ? loops : 2 * loops;
  auto limits = limits_of(spec, senders);
  auto config = effective_config(*order.spec, spec);
  if (pool) {
    auto here = (spec.workers + loops - 1) / loops;
    auto on_outgrown = [this, app = order.app, key = order.key,
                        limit = spec.memory_bytes](std::uint64_t bytes) {
      on_control_loop([this, app, key, bytes, limit] {
        worker_outgrew(app, key, bytes, limit);
      });
    };
    return pool->start_worker(
      {order.backend, config, limits, std::move(on_outgrown)},
      static_cast<std::uint32_t>(here), events);
  }
  return make_inline_body({std::move(plugin), spec, config,
                           limits, order.app,
                           start_timeout_of(spec)},
                          home, *loaders, events);
}

void worker_host::obey_stop(const std::string& app_name, worker_key key,
                            bool drain) {
  auto& app = apps_[app_name];
  auto waits = app.waiting.find(key.id);
  if (waits != app.waiting.end() && waits->second.order.key == key) {
    app.waiting.erase(waits);
    gate_.remove(app_name, key);
  }
  auto found = app.workers.find(key.id);
  if (found == app.workers.end() || found->second.key != key) {
    report(app_name, worker_stopped{key});
    return;
  }
  auto& release = app.releases.at(found->second.release);
  auto drain_for = drain ? release.spec->deadline : duration{0};
  found->second.state = drain ? worker_state::draining : worker_state::stopping;
  caf::anon_send(found->second.actor, end_worker{drain_for, unwind_grace});
}

void worker_host::worker_is_ready(const std::string& app_name, worker_key key,
                                  std::int64_t pid) {
  auto& workers = apps_[app_name].workers;
  auto found = workers.find(key.id);
  if (found == workers.end() || found->second.key != key)
    return;
  found->second.pid = pid;
  if (found->second.state == worker_state::starting)
    found->second.state = worker_state::ready;
  report(app_name, worker_ready{key, pid});
  end_start(app_name, key);
}

void worker_host::worker_outgrew(const std::string& app_name, worker_key key,
                                 std::uint64_t resident_bytes,
                                 std::uint64_t limit_bytes) {
  auto& workers = apps_[app_name].workers;
  auto found = workers.find(key.id);
  if (found == workers.end() || found->second.key != key)
    return;
  auto reason = fmt::format("its process takes {}MiB of memory, more than {}",
                            resident_bytes >> 20, format_size(limit_bytes));
  if (!std::exchange(found->second.outgrown, true))
    setup_.log.write(log_level::info, "worker_outgrown",
                     fmt::format("{}: worker {} is to be replaced: {}",
                                 app_name, key.id.value, reason));
  report(app_name, worker_outgrown{key, std::move(reason)});
}

void worker_host::worker_unwell(const std::string& app_name, worker_key key,
                                const health_watch::verdict& how) {
  auto& workers = apps_[app_name].workers;
  auto found = workers.find(key.id);
  if (found == workers.end() || found->second.key != key)
    return;
  if (!std::exchange(found->second.unhealthy, true))
    setup_.log.write(log_level::warning, "worker_unhealthy",
                     fmt::format("{}: worker {} is to be replaced: {}",
                                 app_name, key.id.value, how.reason));
  report(app_name, worker_unhealthy{key, how.reason, how.hangs});
}

void worker_host::worker_over(const std::string& app_name, worker_key key,
                              bool stopped, bool was_ready, const error& why) {
  auto& app = apps_[app_name];
  auto found = app.workers.find(key.id);
  if (found == app.workers.end() || found->second.key != key)
    return;
  if (!stopped)
    setup_.log.write(log_level::warning,
                     was_ready ? "worker_died" : "worker_failed",
                     app_name + ": " + why.message);
  --app.releases.at(found->second.release).workers;
  app.workers.erase(found);
  if (stopped)
    report(app_name, worker_stopped{key});
  else if (was_ready)
    report(app_name, worker_died{key, why.message});
  else
    report(app_name, worker_failed{key, why.message});
  end_start(app_name, key);
  close_idle_releases(app_name, app);
  if (shutting_down_)
    finish_shut_down();
}

void worker_host::finish_shut_down() {
  for (auto& [name, app] : apps_)
    if (!app.workers.empty())
      return;
  for (auto& [name, app] : apps_) {
    for (auto& trigger : app.triggers)
      caf::anon_send_exit(trigger.handle, caf::exit_reason::user_shutdown);
    app.table.reset();
    for (auto& [number, release] : app.releases)
      release.in_table = false;
    close_idle_releases(name, app);
  }
  if (auto done = std::exchange(on_shut_down_, nullptr))
    done();
}

} // namespace serval
