#include "node/node_cluster.hpp"

#include "base/sha256.hpp"
#include "base/version.hpp"
#include "cluster/control_session.hpp"
#include "node/kept_orders.hpp"
#include "node/on_loop.hpp"
#include "node/worker_host.hpp"
#include "wire/format_versions.hpp"

#include <algorithm>
#include <random>
#include <thread>

namespace serval {

namespace {

/// Of an artifact in one message: short enough to let others in between.
constexpr std::size_t part_bytes = 256 * 1024;

artifact_part_message read_part(const artifact_store& artifacts,
                                const artifact_request_message& request) {
  artifact_part_message part{request.sha256, request.offset, 0, {}, {}};
  if (!is_sha256_hex(request.sha256)) {
    part.problem = "that is no SHA-256";
    return part;
  }
  auto size = artifacts.size_of(request.sha256);
  auto bytes = artifacts.read_part(request.sha256, request.offset, part_bytes);
  if (size && bytes) {
    part.total = *size;
    part.bytes = std::move(*bytes);
  } else {
    part.problem = (size ? bytes.error() : size.error()).message;
  }
  return part;
}

} // namespace

/// Artifacts that are pulled, on this node's disk.
class node_cluster::shelf final : public artifact_shelf {
public:
  shelf(artifact_store& store, blocking_pool& pool, loop& home,
        std::function<void()> on_whole)
    : store_(store), pool_(pool), home_(home), on_whole_(std::move(on_whole)) {
    // nop
  }

  void look_up(std::string sha256,
               std::function<void(holding)> on_answer) override {
    on_disk(std::move(on_answer), [this, sha256 = std::move(sha256)] {
      return holding{store_.use(sha256), store_.part_size(sha256)};
    });
  }

  void append(std::string sha256, std::uint64_t offset, std::string bytes,
              std::function<void(result<void>)> on_answer) override {
    on_disk(std::move(on_answer), [this, sha256 = std::move(sha256), offset,
                                   bytes = std::move(bytes)] {
      return store_.put_part(sha256, offset, bytes);
    });
  }

  void complete(std::string sha256,
                std::function<void(result<void>)> on_answer) override {
    on_disk(std::move(on_answer), [this, sha256 = std::move(sha256)] {
      auto done = store_.complete(sha256);
      if (done)
        pool_.run(on_whole_);
      return done;
    });
  }

private:
  template <class Answer, class F>
  void on_disk(std::function<void(Answer)> on_answer, F work) {
    pool_.run([&home = home_, on_answer = std::move(on_answer),
               work = std::move(work)] {
      home.post([on_answer, answer = work()] { on_answer(answer); });
    });
  }

  artifact_store& store_;
  blocking_pool& pool_;
  loop& home_;
  std::function<void()> on_whole_;
};

node_cluster::node_cluster(node_cluster_setup setup)
  : setup_(std::move(setup)),
    kept_(read_kept()),
    shelf_(std::make_unique<shelf>(setup_.artifacts, setup_.pool, home(),
                                   setup_.on_artifact)),
    control_(control_setup()) {
  // nop
}

node_cluster::~node_cluster() = default;

cluster_control_setup node_cluster::control_setup() {
  auto lost_after = setup_.config.cluster.lost_after;
  return {
    home(),
    setup_.config.node.name,
    setup_.admin,
    setup_.probe,
    lost_after,
    lost_after,
    [this](artifact_request_message request, auto on_part) {
      read_artifact(std::move(request), std::move(on_part));
    },
    [this] { return leader_ ? leader_->leader_address() : std::string{}; },
    [this] { return last_members(); },
    [this](bool leads) { on_term(leads); },
    [this](const std::string& text) { log(text); },
    setup_.on_nodes,
  };
}

std::unique_ptr<peer_session> node_cluster::accept(const link_hello& peer,
                                                   peer_sender& link) {
  auto here = std::ranges::find_if(setup_.loops, [](const auto& each) {
    return each->is_current();
  });
  return make_control_session(peer, link, **here, home(), control_);
}

void node_cluster::use(const peer_tls& tls) {
  dialing_ = tls.dialing;
}

void node_cluster::artifact_is_gone(const std::string& sha256) {
  home().post([this, sha256] {
    if (leader_)
      leader_->artifact_is_gone(sha256);
  });
}

void node_cluster::restore(const std::string& address,
                           const std::vector<cluster_message>& orders) {
  on_loop(home(), [this, &address, &orders] {
    if (!leader_)
      leader_ = std::make_unique<leader_link>(link_setup(address));
    leader_->restore(orders);
    return true;
  });
}

void node_cluster::join(const std::string& address) {
  home().post([this, how = link_setup(address)]() mutable {
    if (!leader_) {
      leader_ = std::make_unique<leader_link>(std::move(how));
      leader_->restore(kept_);
    }
    start();
  });
}

void node_cluster::start() {
  leader_->start();
  if (leads_)
    leader_->lead_by(&control_);
}

void node_cluster::rest() {
  on_loop(home(), [this] {
    leader_->rest();
    return true;
  });
}

void node_cluster::resume() {
  home().post([this] { start(); });
}

std::vector<cluster_message> node_cluster::orders() const {
  return on_loop(home(), [this] { return leader_->kept(); });
}

leader_link_setup node_cluster::link_setup(const std::string& address) {
  return {
    home(),
    describe(address),
    setup_.config.cluster.join,
    [this] {
      auto settings = peer_link_settings(setup_.peers.self());
      settings.tls = dialing_;
      return settings;
    },
    setup_.workers,
    [this](const std::string& app, std::vector<release_hosts> hosts) {
      setup_.workers.use_hosts(app, std::move(hosts));
    },
    *shelf_,
    [this](std::vector<cluster_message> orders, std::function<void()> done) {
      keep(std::move(orders), std::move(done));
    },
    setup_.leader_hint,
    [this](const node_agent& agent) {
      setup_.on_leader({agent.leader(), agent.leader_admin(),
                        leader_->leader_address(), "unknown"},
                       agent.epoch());
    },
    setup_.on_stale_order,
    [this](const std::string& text) { log(text); },
    std::random_device{}(),
    setup_.config.cluster.lost_after,
  };
}

void node_cluster::stop() {
  on_loop(home(), [this] {
    leader_.reset();
    return true;
  });
}

void node_cluster::on_term(bool leads) {
  leads_ = leads;
  if (leader_)
    leader_->lead_by(leads ? &control_ : nullptr);
}

node_facts node_cluster::describe(const std::string& address) const {
  const auto& cluster = setup_.config.cluster;
  node_facts facts;
  facts.name = setup_.config.node.name;
  facts.zone = cluster.zone;
  facts.address = address;
  facts.admin = setup_.admin();
  facts.boot_id = setup_.peers.self().boot_id;
  facts.version = product_version;
  facts.journal_format = journal_format;
  facts.labels = cluster.labels;
  facts.cpu = cluster.cpu == 0 ? std::thread::hardware_concurrency()
                               : cluster.cpu;
  facts.memory_bytes = cluster.memory.value == 0 ? setup_.memory_bytes
                                                 : cluster.memory.value;
  return facts;
}

/// A daemon may lead before it has looked for a leader.
members_message node_cluster::last_members() const {
  if (leader_)
    return leader_->members();
  for (const auto& each : kept_)
    if (const auto* all = std::get_if<members_message>(&each.body))
      return *all;
  return {};
}

std::vector<cluster_message> node_cluster::read_kept() const {
  auto kept = read_kept_orders(setup_.kept_path);
  if (kept)
    return std::move(*kept);
  log("starts without what it did before: " + kept.error().message);
  return {};
}

void node_cluster::keep(std::vector<cluster_message> orders,
                        std::function<void()> done) {
  setup_.pool.run([this, orders = std::move(orders), done = std::move(done)] {
    if (auto kept = write_kept_orders(setup_.kept_path, orders); !kept)
      log(kept.error().message);
    done();
  });
}

void node_cluster::read_artifact(
  artifact_request_message request,
  std::function<void(artifact_part_message)> on_part) {
  setup_.pool.run([this, request = std::move(request),
                   on_part = std::move(on_part)] {
    auto part = read_part(setup_.artifacts, request);
    home().post([on_part, part = std::move(part)] { on_part(part); });
  });
}

void node_cluster::log(const std::string& text) const {
  setup_.log.write(log_level::info, "cluster", text);
}

} // namespace serval
