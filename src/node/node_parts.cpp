// How a node's parts are built, and what they tell of themselves.
#include "node/node_parts.hpp"

#include "base/version.hpp"
#include "leader/plugins_kept.hpp"
#include "node/backup.hpp"
#include "node/on_loop.hpp"
#include "node/release_probe.hpp"
#include "node/resources.hpp"
#include "sandbox/confinement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <filesystem>

#include <unistd.h>

namespace serval {

std::string program_file() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

std::string make_id() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", source(), source(), source(),
                     source());
}

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

void node::parts::build_quota() {
  quota = std::make_unique<artifact_quota>(artifact_quota::setup{
    artifacts, config.node.artifacts_max.value,
    [this] { return plugins_needed(); },
    [this](const std::string& sha256) {
      log->write(log_level::info, "artifact_removed",
                 "artifact " + sha256
                   + " was removed: no release refers to it, and "
                     "node.artifacts_max is reached");
      if (cluster)
        cluster->artifact_is_gone(sha256);
    },
    std::chrono::file_clock::now});
}

/// Of the releases that the store keeps, which other nodes may ask for, and of
/// what runs here. A node without a store can ask its leader again.
result<std::set<std::string>> node::parts::plugins_needed() {
  auto running = workers->plugins_in_use();
  if (!running)
    return error{errc::unavailable, "the node does not say what runs"};
  if (journal.absent != nullptr)
    return std::move(*running);
  // Another daemon has it, whose place this one is about to take.
  if (!journal.opened)
    return error{errc::unavailable, "the store is not open here yet"};
  auto kept = plugins_kept(*journal.opened);
  if (kept)
    kept->merge(*running);
  return kept;
}

void node::parts::build_cluster() {
  if (!peers)
    return;
  cluster = std::make_unique<node_cluster>(node_cluster_setup{
    config, loops, *peers, *workers, artifacts, *pool, *log,
    claim_resources().memory_bytes,
    [this](auto spec, auto done) { probe(std::move(spec), std::move(done)); },
    directory.orders_path(),
    [this] { return who().admin; },
    [this] { return leadership.view().leader_address; },
    [this](const lease_holder& leader, serval::epoch epoch) {
      if (journal.absent != nullptr)
        journal.absent->set_leader(
          leader.node.empty() ? lease_record{}
                              : lease_record{epoch, to_string(leader)});
    },
    [this] { workers->count_stale_order(); },
    // It is needed in any case; others may go for it.
    [this] { static_cast<void>(quota->make_room(0)); },
    [this](const auto& nodes) { neighbours.update(nodes); }});
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
    },
    [this](auto reply) { list_nodes(std::move(reply)); },
    [this](const std::string& app, auto reply) {
      find_workers(app, std::move(reply));
    },
    [this](std::string name, bool on, auto reply) {
      drain_node(std::move(name), on, std::move(reply));
    },
    [this](std::uint64_t bytes) { return quota->make_room(bytes); },
    [this](std::string binary, duration patience, auto reply) {
      upgrades.ask({std::move(binary), patience, std::move(reply)});
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

void node::parts::list_nodes(
  control_plane::reply<std::vector<node_status>> reply) const {
  if (cluster)
    return cluster->control().list_nodes(std::move(reply));
  node_status self;
  self.facts.name = config.node.name;
  self.facts.admin = where.admin;
  self.facts.version = product_version;
  self.leads = true;
  reply(std::vector{std::move(self)});
}

void node::parts::find_workers(
  const std::string& app,
  std::function<void(std::map<worker_id, std::string>)> reply) const {
  if (cluster)
    return cluster->control().find_workers(app, std::move(reply));
  reply({});
}

void node::parts::drain_node(std::string name, bool on,
                             control_plane::reply<void> reply) const {
  if (cluster)
    return cluster->control().drain(std::move(name), on, std::move(reply));
  reply(error{errc::conflict, "this node serves alone: nobody else could take "
                              "its workers"});
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

} // namespace serval
