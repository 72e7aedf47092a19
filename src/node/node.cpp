#include "node/node.hpp"

#include "base/version.hpp"
#include "control/control_handler.hpp"
#include "leader/leader_actor.hpp"
#include "loop/loop_coordinator.hpp"
#include "node/backup.hpp"
#include "node/credentials.hpp"
#include "node/loop_front.hpp"
#include "node/leader_watch.hpp"
#include "node/node_end.hpp"
#include "node/node_store.hpp"
#include "node/node_watch.hpp"
#include "node/on_loop.hpp"
#include "node/peer_front.hpp"
#include "node/release_probe.hpp"
#include "node/resources.hpp"
#include "node/worker_host.hpp"
#include "sandbox/confinement.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <cstdlib>
#include <exception>
#include <future>
#include <random>
#include <thread>

#include <unistd.h>

namespace serval {

namespace {

wall_time wall_now() {
  return std::chrono::system_clock::now();
}

/// An id that nothing else has.
std::string make_id() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", source(), source(), source(),
                     source());
}

} // namespace

/// In the order in which they need each other; destroyed in reverse.
struct node::parts : private timer {
  node_config config;
  data_dir directory;
  credential_files secrets;
  std::unique_ptr<node_log> log;
  node_store journal;
  artifact_store artifacts;
  prometheus::Registry registry;
  backend_metrics backends;
  request_metrics requests{registry};
  leader_watch leadership{registry};
  memory_gauge memory = memory_stage::ample;
  address_counts addresses;
  std::vector<std::unique_ptr<loop>> loops;
  std::unique_ptr<node_watch> watch;
  caf::actor_system_config actor_config;
  std::unique_ptr<caf::actor_system> actors;
  std::unique_ptr<blocking_pool> pool;
  std::unique_ptr<blocking_pool> store_pool;
  std::unique_ptr<blocking_pool> lease_thread;
  std::unique_ptr<spawner> processes;
  /// Null alone.
  std::unique_ptr<peer_net> peers;
  std::unique_ptr<worker_host> workers;
  std::vector<std::unique_ptr<loop_front>> fronts;
  std::unique_ptr<control_plane> leader;
  std::unique_ptr<control_api> api;
  std::unique_ptr<control_handler> admin_handler;
  std::unique_ptr<http_server> admin;
  endpoints where;
  /// Whether `where` is what it will be.
  std::atomic<bool> listening = false;
  std::string boot_id = make_id();
  time_point started_at = loop::now();

  parts(node_config the_config, data_dir the_directory)
    : config(std::move(the_config)),
      directory(std::move(the_directory)),
      secrets(config),
      artifacts(directory.artifacts_path()),
      addresses(config.http.connections_per_address_max,
                std::random_device{}()),
      loops(make_loops(config.node.loops)) {
    // nop
  }

  result<void> open_store();
  void check_sandbox();
  void build_actors();
  void build_workers();
  void build_fronts();
  void build_admin();
  result<store_summary> back_up(const std::string& to);
  lease_holder who() const;
  result<void> recover();
  void watch_secrets();
  void on_timer(time_point now) override;
  void refresh_secrets();
  void use(std::size_t loop, const credentials& fresh);
  result<void> listen();
  result<std::uint16_t> listen_front(
    result<std::uint16_t> (loop_front::*listen)(const listen_address&,
                                                port_sharing),
    const listen_address& address);
  void probe(std::shared_ptr<const app_spec> spec,
             std::function<void(result<std::vector<std::string>>)> done);
  node_info describe() const;
  std::string metrics_text() const;
};

// -- building -----------------------------------------------------------------

result<void> node::parts::open_store() {
  auto opened = open_node_store(config.store, directory);
  if (!opened)
    return opened.error();
  journal = std::move(opened).value();
  return {};
}

/// A sandbox with gaps is better than none, but the operator must know.
void node::parts::check_sandbox() {
  auto gaps = missing_protection();
  prometheus::BuildGauge()
    .Name("serval_sandbox_gaps")
    .Help("What the kernel cannot protect from strict worker processes.")
    .Register(registry)
    .Add({})
    .Set(static_cast<double>(gaps.size()));
  if (!gaps.empty())
    log->write(log_level::warning, "sandbox_gaps",
               fmt::format("{}", fmt::join(gaps, "; ")));
}

void node::parts::build_actors() {
  run_actors_on(actor_config, loops);
  actors = std::make_unique<caf::actor_system>(actor_config);
  // The node ends them itself, in its own order.
  actors->await_actors_before_shutdown(false);
  pool = std::make_unique<blocking_pool>(config.node.pool_threads);
  // A database may keep its callers for as long as it does not answer.
  store_pool = std::make_unique<blocking_pool>(config.node.pool_threads);
  lease_thread = std::make_unique<blocking_pool>(1);
  processes = std::make_unique<spawner>();
}

void node::parts::build_workers() {
  workers = std::make_unique<worker_host>(worker_host_setup{
    *actors, loops, *processes, config.worker,
    [this](const std::string& sha256) { return artifacts.path_of(sha256); },
    [this](auto spec, auto done) { probe(std::move(spec), std::move(done)); },
    [this](std::size_t at, std::vector<route> routes) {
      fronts[at]->use(std::move(routes));
    },
    peers.get(), *log, backends, memory,
    prometheus::BuildCounter()
      .Name("serval_stale_commands_refused_total")
      .Help("Orders of leaders that led no more when they came.")
      .Register(registry)
      .Add({})});
}

void node::parts::build_fronts() {
  loop_front::setup setup{config, static_cast<std::uint32_t>(loops.size()),
                          requests, *log, addresses, memory};
  for (auto& each : loops)
    fronts.push_back(std::make_unique<loop_front>(*each, setup));
}

void node::parts::build_admin() {
  api = std::make_unique<control_api>(control_services{
    *leader, artifacts,
    [this](std::function<void()> work) { pool->run(std::move(work)); },
    [this] { return describe(); },
    [this] { return leadership.why_not_ready(); },
    [this] { return metrics_text(); }, make_id,
    [this](const std::string& app) { return journal.opened->read(app); },
    [this](const std::string& to) { return back_up(to); },
    [this](const std::string& application, const std::string& backend) {
      return backends.ejected(application, backend);
    }});
  admin_handler = std::make_unique<control_handler>(
    *api, [this](std::function<void()> work) {
      loops.front()->post(std::move(work));
    });
  http_limits limits;
  limits.body_bytes = config.admin.artifact_max.value;
  admin = on_loop(*loops.front(), [&] {
    return std::make_unique<http_server>(loops.front()->io(), *admin_handler,
                                         limits);
  });
}

result<store_summary> node::parts::back_up(const std::string& to) {
  if (journal.embedded == nullptr)
    return error{errc::conflict,
                 "the store is a database, which has tools for backups of its "
                 "own, such as mariadb-dump; the artifacts are in "
                   + directory.artifacts_path()};
  return make_backup(config.node.data_dir, to, [this](const auto& copy) {
    return journal.embedded->back_up(copy);
  });
}

void node::parts::probe(
  std::shared_ptr<const app_spec> spec,
  std::function<void(result<std::vector<std::string>>)> done) {
  loops.front()->post([this, spec, done = std::move(done)] {
    auto order = probe_of(*spec, artifacts.path_of(spec->plugin_sha256),
                          config.worker.start_timeout);
    probe_plugin(*loops.front(), *processes, std::move(order),
                 [spec, done](result<plugin_description> plugin) {
                   if (plugin)
                     done(warnings_of(*spec, plugin.value()));
                   else
                     done(plugin.error());
                 });
  });
}

node_info node::parts::describe() const {
  node_info info;
  info.name = config.node.name;
  info.version = product_version;
  info.http = where.http;
  info.rpc = where.rpc;
  info.admin = where.admin;
  info.pid = ::getpid();
  info.uptime
    = std::chrono::duration_cast<std::chrono::seconds>(loop::now()
                                                       - started_at);
  info.control_plane = leadership.view();
  return info;
}

lease_holder node::parts::who() const {
  lease_holder me{config.node.name, {}, {}, boot_id};
  if (listening)
    me.admin = where.admin;
  else if (auto port = config.admin.listen.port; port != 0)
    me.admin = endpoint_of(config.admin.listen, port, config.admin.tls,
                           "https://");
  if (!config.cluster.alone())
    me.address = config.cluster.advertise.empty()
                   ? to_string(config.cluster.listen)
                   : config.cluster.advertise;
  return me;
}

std::string node::parts::metrics_text() const {
  auto families = registry.Collect();
  for (const prometheus::Collectable* each :
       {static_cast<const prometheus::Collectable*>(&backends),
        static_cast<const prometheus::Collectable*>(watch.get())})
    for (auto& family : each->Collect())
      families.push_back(std::move(family));
  return prometheus::TextSerializer{}.Serialize(families);
}

// -- starting -----------------------------------------------------------------

/// Returns when the node leads, or when it is known why it does not. That is
/// an error only if no other could lead.
result<void> node::parts::recover() {
  std::promise<result<void>> answer;
  supervision_options supervision;
  supervision.start_timeout = config.worker.start_timeout;
  leader_setup setup{
    [this] { return who(); },
    *journal.opened,
    *workers,
    [this](std::function<void()> work) { store_pool->run(std::move(work)); },
    wall_now,
    std::random_device{}(),
    supervision,
    [&answer](result<void> how) { answer.set_value(std::move(how)); },
    [this](const std::string& text) {
      log->write(log_level::info, "leader", text);
    },
    journal.lease,
    [this](std::function<void()> work) { lease_thread->run(std::move(work)); },
    [this](const leadership_view& view) { leadership.update(view, *log); }};
  leader = start_leader(*actors, loops.front().get(), std::move(setup));
  auto how = answer.get_future().get();
  return journal.embedded != nullptr ? how : result<void>{};
}

void node::parts::use(std::size_t loop, const credentials& fresh) {
  fronts[loop]->use(fresh);
  if (peers)
    peers->hub(loop).use(fresh.peers);
  if (loop != 0)
    return;
  admin->use(fresh.admin);
  api->use(fresh.tokens);
}

/// Has the files of certificates and tokens looked at again and again.
void node::parts::watch_secrets() {
  if (!secrets.empty())
    loops.front()->post([this] {
      loops.front()->arm(*this, loop::now() + credential_files::period);
    });
}

void node::parts::on_timer(time_point) {
  pool->run([this] { refresh_secrets(); });
}

void node::parts::refresh_secrets() {
  bool replaced = false;
  for (const auto& event : secrets.refresh(wall_now())) {
    log->write(event.failed ? log_level::error : log_level::info,
               "credentials", event.text);
    replaced |= !event.failed;
  }
  auto fresh = secrets.current();
  for (std::size_t i = 0; replaced && i < loops.size(); ++i)
    loops[i]->post([this, i, fresh] { use(i, fresh); });
  watch_secrets();
}

result<std::uint16_t> node::parts::listen_front(
  result<std::uint16_t> (loop_front::*listen)(const listen_address&,
                                              port_sharing),
  const listen_address& address) {
  auto shared = address;
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto port = on_loop(*loops[i], [&] {
      return (fronts[i].get()->*listen)(shared, i == 0 ? port_sharing::first
                                                       : port_sharing::join);
    });
    if (!port)
      return port;
    shared.port = port.value();
  }
  return shared.port;
}

result<void> node::parts::listen() {
  for (std::size_t i = 0; i < loops.size(); ++i)
    on_loop(*loops[i], [&] {
      use(i, secrets.current());
      return true;
    });
  auto http = listen_front(&loop_front::listen_http, config.http.listen);
  if (!http)
    return http.error();
  auto rpc = listen_front(&loop_front::listen_rpc, config.rpc.listen);
  if (!rpc)
    return rpc.error();
  auto control = on_loop(*loops.front(), [&] {
    return admin->listen(config.admin.listen);
  });
  if (!control)
    return control.error();
  if (peers) {
    auto met = listen_for_peers(*peers, loops, config.cluster);
    if (!met)
      return met.error();
    where.peers = to_string(*met);
  }
  watch_secrets();
  where = {
    endpoint_of(config.http.listen, *http, config.http.tls, "https://"),
    endpoint_of(config.rpc.listen, *rpc, config.rpc.tls, "tls://"),
    endpoint_of(config.admin.listen, *control, config.admin.tls, "https://"),
    where.peers};
  listening = true;
  return directory.write_endpoints(where);
}

node::node(std::unique_ptr<parts> parts) : parts_(std::move(parts)) {
  // nop
}

node::~node() = default;

const endpoints& node::where() const noexcept {
  return parts_->where;
}

result<std::unique_ptr<node>> node::start(const node_config& config) {
  try {
    return build(config);
  } catch (const std::exception& problem) {
    return too_little(problem.what());
  }
}

result<std::unique_ptr<node>> node::build(node_config config) {
  auto directory = data_dir::open(config.node.data_dir);
  if (!directory)
    return directory.error();
  directory->remove_endpoints();
  auto lowered = fit(config, claim_resources());
  auto built = std::make_unique<parts>(config, std::move(directory).value());
  auto log = node_log::open(config.log);
  if (!log)
    return log.error();
  built->log = std::move(log).value();
  for (auto& each : lowered)
    built->log->write(log_level::warning, "limits", each);
  if (auto known = built->secrets.load(wall_now()); !known)
    return known.error();
  if (auto opened = built->open_store(); !opened)
    return opened.error();
  built->check_sandbox();
  auto peers = make_peer_net(config, built->loops, *built->log, {});
  if (!peers)
    return peers.error();
  built->peers = std::move(peers).value();
  built->build_actors();
  built->build_workers();
  built->build_fronts();
  built->watch = std::make_unique<node_watch>(node_watch::setup{
    built->loops, *built->log, built->memory, config.node.memory_max.value});
  for (auto& each : built->loops)
    each->start();
  std::unique_ptr<node> started{new node{std::move(built)}};
  auto& parts = *started->parts_;
  auto ready = parts.recover();
  if (ready) {
    parts.build_admin();
    ready = parts.listen();
  }
  if (!ready) {
    started->stop();
    return ready.error();
  }
  return started;
}

// -- stopping -----------------------------------------------------------------

void node::stop() {
  auto& parts = *parts_;
  parts.directory.remove_endpoints();
  // Each closing is waited for in turn; all have the same end.
  auto end = loop::now() + parts.config.node.shutdown_grace;
  auto closed = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::atomic<std::size_t>>(parts.fronts.size());
  for (std::size_t i = 0; i < parts.fronts.size(); ++i)
    parts.loops[i]->post([&front = *parts.fronts[i], closed, left] {
      front.stop([closed, left] {
        if (--*left == 0)
          closed->set_value();
      });
    });
  closed->get_future().wait_until(end);
  // Nobody may ask the leader any more when it goes.
  auto cut = std::make_shared<std::promise<void>>();
  parts.loops.front()->post([&parts, cut] {
    if (parts.admin)
      parts.admin->abort();
    cut->set_value();
  });
  cut->get_future().wait();
  auto ended = std::make_shared<std::promise<void>>();
  parts.leader.reset();
  parts.workers->shut_down([ended] { ended->set_value(); });
  ended->get_future().wait_for(stop_patience);
  if (parts.peers)
    stop_peers(*parts.peers, parts.loops);
  // From here on nothing runs that could use what goes away.
  for (auto& each : parts.loops)
    each->stop();
  parts.watch.reset();
  parts.processes.reset();
  parts.pool.reset();
  parts.store_pool.reset();
  parts.lease_thread.reset();
  parts.journal.opened.reset();
  parts.log->flush();
}

void node::reopen_log() {
  auto& log = *parts_->log;
  if (auto opened = log.reopen(); !opened)
    log.write(log_level::error, "log", opened.error().message);
  else
    log.write(log_level::info, "log", "goes on here since SIGHUP");
}

} // namespace serval
