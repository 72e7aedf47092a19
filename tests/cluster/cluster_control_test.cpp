// Goal: a node joins its leader over a real link, obeys it and reports, gets
// what it lacks, and finds it again. Method: both ends in one process, each on
// a loop of its own, with a node that obeys at once.
#include "cluster/cluster_control.hpp"

#include "base/sha256.hpp"
#include "cluster/control_session.hpp"
#include "cluster/leader_link.hpp"
#include "peer/peer_net.hpp"
#include "support/sample_spec.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

using namespace serval;
using namespace std::literals;

namespace {

template <class F>
auto on_loop(loop& where, F what) {
  std::promise<decltype(what())> done;
  where.post([&] { done.set_value(what()); });
  return done.get_future().get();
}

/// What threads tell each other in a test.
class notebook {
public:
  void note(const std::string& what) {
    std::lock_guard guard{mutex_};
    ++notes_[what];
    changed_.notify_all();
  }

  void await(const std::string& what, int times = 1) {
    std::unique_lock guard{mutex_};
    INFO(what);
    REQUIRE(changed_.wait_for(guard, 20s,
                              [&] { return notes_[what] >= times; }));
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> notes_;
};

/// Keeps workers that are ready as soon as they are asked for.
class ready_host final : public worker_control {
public:
  explicit ready_host(notebook& notes) : notes_(notes) {
    // nop
  }

  void list(serval::epoch, names_handler) override {
    FAIL_CHECK("the leader asks the nodes that join");
  }

  void connect(serval::epoch, std::string app, inventory_handler on_inventory,
               report_handler on_report) override {
    reports_[app] = std::move(on_report);
    app_inventory has;
    for (const auto& [id, worker] : workers_)
      has.workers.push_back(worker);
    on_inventory(has);
  }

  void disconnect(serval::epoch, std::string app) override {
    reports_.erase(app);
  }

  void probe(serval::epoch, std::string, release_number,
             std::shared_ptr<const app_spec>) override {
    FAIL_CHECK("the leader tries plugins out");
  }

  void start(serval::epoch under, worker_order order) override {
    workers_[order.key.id] = {order.key, order.release, order.spec,
                              order.backend, worker_state::ready, 7};
    notes_.note("start under " + std::to_string(under.value));
    reports_[order.app](worker_ready{order.key, 7});
  }

  void stop(serval::epoch, std::string app, worker_key key, bool) override {
    workers_.erase(key.id);
    reports_[app](worker_stopped{key});
  }

  void publish(serval::epoch, std::shared_ptr<const app_table> table) override {
    notes_.note("table");
    reports_[table->app](table_acked{table->version});
  }

private:
  notebook& notes_;
  std::map<std::string, report_handler> reports_;
  std::map<worker_id, found_worker> workers_;
};

struct memory_shelf final : artifact_shelf {
  explicit memory_shelf(loop& home) : home(home) {
    // nop
  }

  void look_up(std::string sha256,
               std::function<void(holding)> on_answer) override {
    home.post([this, sha256, on_answer] {
      on_answer({whole.contains(sha256), 0});
    });
  }

  void append(std::string sha256, std::uint64_t offset, std::string bytes,
              std::function<void(result<void>)> on_answer) override {
    home.post([this, sha256, offset, bytes, on_answer] {
      parts[sha256].resize(offset);
      parts[sha256] += bytes;
      on_answer({});
    });
  }

  void complete(std::string sha256,
                std::function<void(result<void>)> on_answer) override {
    home.post([this, sha256, on_answer] {
      whole[sha256] = parts[sha256];
      on_answer({});
    });
  }

  loop& home;
  std::map<std::string, std::string> parts;
  std::map<std::string, std::string> whole;
};

const std::string plugin(1'000'000, 'p');

app_spec spec_with_plugin() {
  auto spec = sample_spec();
  spec.plugin_sha256 = sha256_hex(plugin);
  return spec;
}

const auto spec = std::make_shared<const app_spec>(spec_with_plugin());

std::vector<std::unique_ptr<loop>> one_loop() {
  return make_loops(1);
}

/// The leader, and the links that come to it.
struct leading_end {
  notebook notes;
  members_message members;
  std::vector<std::unique_ptr<loop>> loops = one_loop();
  cluster_control control{make_setup()};
  peer_net net{{loops, {"shop", "leader", "", "boot"}, 1,
                [this](const link_hello& peer, peer_sender& link) {
                  return make_control_session(peer, link, *loops[0], *loops[0],
                                              control);
                },
                [](const std::string&) {}}};
  std::string address;

  leading_end() {
    loops[0]->start();
    address = "127.0.0.1:"
              + std::to_string(on_loop(*loops[0], [this] {
                  return net.hub(0)
                    .listen({"127.0.0.1", 0, {}, false}, address_sharing::none)
                    .value();
                }));
  }

  ~leading_end() {
    on_loop(*loops[0], [this] {
      net.hub(0).stop();
      return 0;
    });
    loops[0]->stop();
  }

  cluster_control_setup make_setup() {
    cluster_control_setup how{*loops[0], "leader", {}, {}, {}, {},
                              {},        {},       {}, {}, {}};
    how.admin = [] { return std::string{}; };
    how.lost_after = 1h;
    how.gather_for = 1h;
    how.read_artifact = [this](artifact_request_message request, auto answer) {
      constexpr std::size_t part = 300'000;
      artifact_part_message out{request.sha256, request.offset, plugin.size(),
                                plugin.substr(request.offset, part), {}};
      loops[0]->post([answer, out] { answer(out); });
    };
    how.leader_address = [] { return std::string{}; };
    how.members = [this] { return members; };
    how.on_term = [](bool) {};
    how.log = [this](const std::string& text) { notes.note(text); };
    return how;
  }

  /// Has the app's app_master come.
  void connect(serval::epoch under) {
    control.connect(
      under, "shop",
      [this](app_inventory has) {
        notes.note("inventory of " + std::to_string(has.workers.size()));
      },
      [this](const node_report& report) {
        notes.note("report " + std::to_string(report.index()));
      });
  }
};

/// A node that looks for the leader.
struct joining_end {
  notebook notes;
  std::vector<std::unique_ptr<loop>> loops = one_loop();
  ready_host host{notes};
  memory_shelf shelf{*loops[0]};
  std::unique_ptr<leader_link> link;

  explicit joining_end(const std::string& leader) {
    node_facts facts;
    facts.name = "node";
    facts.address = "127.0.0.1:1";
    facts.boot_id = "boot";
    facts.cpu = 1;
    leader_link_setup how{*loops[0],
                          facts,
                          {leader},
                          [] {
                            return peer_link_settings(
                              {"shop", "node", "", "boot"});
                          },
                          host,
                          [](const std::string&, auto) {},
                          shelf,
                          [this](auto kept, auto done) {
                            notes.note("kept " + std::to_string(kept.size()));
                            done();
                          },
                          [] { return std::string{}; },
                          [](const node_agent&) {},
                          [this] { notes.note("stale"); },
                          [this](const std::string& text) { notes.note(text); },
                          1};
    loops[0]->start();
    on_loop(*loops[0], [&] {
      link = std::make_unique<leader_link>(std::move(how));
      link->start();
      return 0;
    });
  }

  ~joining_end() {
    on_loop(*loops[0], [this] {
      link.reset();
      return 0;
    });
    loops[0]->stop();
  }
};

worker_order order(std::uint64_t id) {
  return {"shop", {1}, spec, "back", {{id}, 1}, 0};
}

std::string report_of(const node_report& what) {
  return "report " + std::to_string(what.index());
}

} // namespace

TEST_CASE("a node joins, gets the plugin, and starts what its leader orders") {
  leading_end leader;
  leader.control.begin_term({1});
  leader.connect({1});
  joining_end node{leader.address};
  node.notes.await("joined leader leader");
  leader.notes.await("inventory of 0");
  leader.control.start({1}, order(1));
  node.notes.await("start under 1");
  leader.notes.await(report_of(worker_ready{}));
  CHECK(node.shelf.whole[spec->plugin_sha256] == plugin);
  auto table = std::make_shared<app_table>();
  table->app = "shop";
  table->version = 1;
  table->serving = {1};
  table->releases = {{{1}, spec, {}}};
  leader.control.publish({1}, table);
  leader.notes.await(report_of(table_acked{}));
}

TEST_CASE("the next leader finds what the one before had started") {
  leading_end leader;
  leader.control.begin_term({1});
  leader.connect({1});
  joining_end node{leader.address};
  node.notes.await("joined leader leader");
  leader.control.start({1}, order(1));
  leader.notes.await(report_of(worker_ready{}));
  leader.control.end_term({1});
  node.notes.await("left leader leader: it does not lead any more");
  leader.members.nodes = {{"node", "", ""}};
  leader.control.begin_term({2});
  leader.connect({2});
  leader.notes.await("inventory of 1");
  // What an earlier term ordered has no effect any more.
  leader.control.start({1}, order(2));
  leader.control.start({2}, order(3));
  node.notes.await("start under 2");
  leader.notes.await(report_of(worker_ready{}), 2);
}

TEST_CASE("nodes are told what their leader writes at most, for the next one") {
  leading_end leader;
  leader.members = {{{"node", "", ""}, {"away", "", ""}}, {}, 2};
  leader.control.begin_term({1});
  auto written = [&] {
    return on_loop(*leader.loops[0],
                   [&] { return leader.control.journal_format(); });
  };
  CHECK(written() == 2);
  // It runs the version before.
  joining_end node{leader.address};
  node.notes.await("joined leader leader");
  CHECK(written() == 1);
  node.notes.await("kept 1");
  on_loop(*node.loops[0], [&] {
    CHECK(node.link->members().nodes.size() == 1);
    CHECK(node.link->members().journal_format == 1);
    return 0;
  });
}

TEST_CASE("a node that does not lead turns others away") {
  leading_end follower;
  joining_end node{follower.address};
  CHECK(on_loop(*node.loops[0], [&] { return node.link->leader(); }).empty());
  std::promise<errc> why;
  follower.control.list_nodes(
    [&](const result<std::vector<node_status>>& nodes) {
      why.set_value(nodes ? errc{} : nodes.error().code);
    });
  CHECK(why.get_future().get() == errc::unavailable);
  follower.control.begin_term({1});
  node.notes.await("joined leader leader");
}

TEST_CASE("a node that leads obeys itself, without a link") {
  leading_end leader;
  joining_end node{"127.0.0.1:1"};
  // Both on one loop, as they are in a daemon.
  cluster_control_setup how{*node.loops[0], "node", {}, {}, {}, {},
                            {},             {},     {}, {}, {}};
  how.admin = [] { return std::string{}; };
  how.gather_for = 1h;
  how.read_artifact = [](artifact_request_message, auto) {};
  how.leader_address = [] { return std::string{}; };
  how.members = [] { return members_message{{{"node", "", ""}}, {}}; };
  how.on_term = [](bool) {};
  how.log = [&](const std::string& text) { node.notes.note(text); };
  auto owned = std::make_unique<cluster_control>(std::move(how));
  auto& control = *owned;
  node.shelf.whole[spec->plugin_sha256] = plugin;
  control.begin_term({5});
  node.loops[0]->post([&] { node.link->lead_by(&control); });
  node.notes.await("joined leader node");
  control.connect(
    {5}, "shop", [&](const app_inventory&) { node.notes.note("inventory"); },
    [&](const node_report& what) { node.notes.note(report_of(what)); });
  node.notes.await("inventory");
  control.start({5}, order(1));
  node.notes.await(report_of(worker_ready{}));
  // The control goes before its loop, and has a timer there.
  on_loop(*node.loops[0], [&] {
    node.link->lead_by(nullptr);
    owned.reset();
    return 0;
  });
}
