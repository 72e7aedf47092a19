// How a node starts and stops.
#include "node/node.hpp"

#include "node/node_end.hpp"
#include "node/node_parts.hpp"
#include "node/on_loop.hpp"
#include "node/peer_front.hpp"
#include "node/resources.hpp"

#include <algorithm>
#include <exception>
#include <future>

namespace serval {

namespace {

/// Besides loops and pools: of RocksDB, of the log, for leases and processes,
/// and some to spare.
constexpr std::size_t other_threads = 12;

} // namespace

// -- starting -----------------------------------------------------------------

/// Returns when the node leads, or when it is known why it does not. That is
/// an error only if no other could lead.
result<void> node::parts::recover() {
  auto answer = std::make_shared<std::promise<result<void>>>();
  supervision_options supervision;
  supervision.start_timeout = config.worker.start_timeout;
  leader_setup setup{
    [this] { return who(); },
    *journal.opened,
    cluster ? static_cast<worker_control&>(cluster->control()) : *workers,
    [this](std::function<void()> work) { store_pool->run(std::move(work)); },
    wall_now,
    std::random_device{}(),
    supervision,
    [answer](result<void> how) { answer->set_value(std::move(how)); },
    [this](const std::string& text) {
      log->write(log_level::info, "leader", text);
    },
    journal.lease,
    [this](std::function<void()> work) { lease_thread->run(std::move(work)); },
    [this](const leadership_view& view) { leadership.update(view, *log); },
    [&withheld = prometheus::BuildCounter()
                   .Name("serval_orders_withheld_total")
                   .Help("Orders that this node did not give, as its lease "
                         "was over.")
                   .Register(registry)
                   .Add({})] { withheld.Increment(); }};
  if (cluster)
    setup.journal_format
      = [&control = cluster->control()] { return control.journal_format(); };
  leader = start_leader(*actors, loops.front().get(), std::move(setup));
  // The leader of a cluster waits for its nodes, this one too.
  if (cluster)
    return {};
  auto how = answer->get_future().get();
  return journal.embedded != nullptr ? how : result<void>{};
}

void node::parts::use(std::size_t loop, const credentials& fresh) {
  fronts[loop]->use(fresh);
  if (peers)
    peers->hub(loop).use(fresh.peers);
  if (loop != 0)
    return;
  if (cluster)
    cluster->use(fresh.peers);
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
  auto opened = inherited ? adopt_sockets() : open_sockets();
  if (!opened)
    return opened;
  watch_secrets();
  if (cluster)
    cluster->join(address_for_peers());
  return directory.write_endpoints(where);
}

result<void> node::parts::open_sockets() {
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
  std::uint16_t met = 0;
  if (peers) {
    auto found = listen_for_peers(*peers, loops, config.cluster);
    if (!found)
      return found.error();
    met = found->port;
  }
  listens_on(*http, *rpc, *control, met);
  return {};
}

void node::parts::listens_on(std::uint16_t http, std::uint16_t rpc,
                             std::uint16_t control, std::uint16_t met) {
  where = {
    endpoint_of(config.http.listen, http, config.http.tls, "https://"),
    endpoint_of(config.rpc.listen, rpc, config.rpc.tls, "tls://"),
    endpoint_of(config.admin.listen, control, config.admin.tls, "https://"),
    peers ? to_string({config.cluster.listen.host, met}) : std::string{}};
  listening = true;
}

node::node(std::unique_ptr<parts> parts) : parts_(std::move(parts)) {
  // nop
}

node::~node() = default;

const endpoints& node::where() const noexcept {
  return parts_->where;
}

result<std::unique_ptr<node>> node::start(const node_config& config,
                                          predecessor* before) {
  try {
    return build(config, before);
  } catch (const std::exception& problem) {
    return too_little(problem.what());
  }
}

result<std::unique_ptr<node>> node::build(node_config config,
                                          predecessor* before) {
  auto directory = before ? data_dir::take_over(config.node.data_dir,
                                                before->take_lock())
                          : data_dir::open(config.node.data_dir);
  if (!directory)
    return directory.error();
  if (!before)
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
  rehearse_threads(built->loops.size() + 2 * config.node.pool_threads
                   + other_threads);
  auto opened = before ? built->inherit(before->sockets())
                       : built->open_store();
  if (!opened)
    return opened.error();
  built->check_sandbox();
  auto peers = make_peer_net(
    config, built->loops, *built->log,
    [&parts = *built](const link_hello& peer, peer_sender& link) {
      return parts.cluster->accept(peer, link);
    },
    [&parts = *built](const std::string& peer, link_event what) {
      parts.neighbours.on_link(peer, what);
    });
  if (!peers)
    return peers.error();
  built->peers = std::move(peers).value();
  built->build_actors();
  built->build_workers();
  built->build_quota();
  built->build_cluster();
  built->build_fronts();
  built->watch = std::make_unique<node_watch>(node_watch::setup{
    built->loops, *built->log, built->memory, config.node.memory_max.value});
  for (auto& each : built->loops)
    each->start();
  std::unique_ptr<node> started{new node{std::move(built)}};
  auto& parts = *started->parts_;
  auto ready = before ? parts.take_over(*before) : result<void>{};
  if (ready)
    ready = parts.recover();
  if (ready) {
    parts.build_admin();
    ready = parts.listen();
  }
  if (!ready) {
    // The files of a node that serves on are its own.
    before ? started->close({}) : started->stop();
    return ready.error();
  }
  return started;
}

// -- stopping -----------------------------------------------------------------

void node::stop() {
  parts_->directory.remove_endpoints();
  close({});
}

void node::retire() {
  parts_->stop_listening();
  close(parts_->config.node.shutdown_grace / 2);
}

void node::close(duration linger) {
  auto& parts = *parts_;
  // Each closing is waited for in turn; all have the same end.
  auto end = loop::now() + parts.config.node.shutdown_grace;
  auto closed = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::atomic<std::size_t>>(parts.fronts.size());
  for (std::size_t i = 0; i < parts.fronts.size(); ++i)
    parts.loops[i]->post([&front = *parts.fronts[i], closed, left, linger] {
      front.stop(
        [closed, left] {
          if (--*left == 0)
            closed->set_value();
        },
        linger);
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
  if (parts.cluster)
    parts.cluster->stop();
  parts.leader.reset();
  // Other nodes may still call the workers of one that is to be replaced.
  auto drain = linger == duration::zero()
                 ? linger
                 : std::max(end - loop::now(), duration::zero());
  parts.workers->shut_down(drain, [ended] { ended->set_value(); });
  ended->get_future().wait_for(drain + stop_patience);
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
