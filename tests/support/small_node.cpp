#include "support/small_node.hpp"

#include "backend/inline_body.hpp"
#include "base/sha256.hpp"
#include "dispatcher/dispatcher_actor.hpp"
#include "loop/loop_coordinator.hpp"
#include "peer/peer_net.hpp"
#include "trigger/trigger_actor.hpp"
#include "worker/worker_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <cstdio>
#include <cstdlib>
#include <deque>

namespace serval {

using namespace std::literals;

namespace {

std::shared_ptr<shared_plugin> load_plugin(const std::string& path) {
  return std::make_shared<shared_plugin>(
    path, sha256_hex_of_file(path).value(), [](const error& why) {
      std::fprintf(stderr, "%s\n", why.message.c_str());
      std::abort();
    });
}

} // namespace

struct small_node::state {
  explicit state(small_node_setup setup)
    : loops(make_loops(setup.loops)),
      config(std::move(setup.config)),
      plugin(load_plugin(setup.plugin)),
      places(std::make_shared<admission>(setup.max_requests)) {
    if (!setup.name.empty())
      peers = std::make_unique<peer_net>(
        peer_net_setup{.loops = loops,
                       .self = {"small", setup.name, setup.zone, "boot"},
                       .seed = 1,
                       .log = [](const std::string&) {}});
    run_actors_on(system_config, loops);
    system = std::make_unique<caf::actor_system>(system_config);
    for (auto& each : loops)
      each->start();
    for (auto& each : loops)
      start_front(*each, setup.backends);
    if (peers)
      listen();
    for (auto& backend : setup.backends)
      for (std::uint32_t i = 0; i < backend.workers; ++i)
        start_worker(backend);
    for (auto& each : ready)
      each.get_future().wait();
    for (std::size_t i = 0; i < loops.size(); ++i)
      serve(i, setup.backends.front().name);
  }

  ~state() {
    cut_off();
    for (auto& worker : workers)
      caf::anon_send(worker, end_worker{10s, 1s});
    for (std::size_t i = 0; i < ended.size(); ++i)
      has_ended(i).wait();
    for (std::size_t i = 0; i < loops.size(); ++i) {
      caf::anon_send_exit(triggers[i].handle, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(dispatchers[i].handle,
                          caf::exit_reason::user_shutdown);
    }
    if (peers) {
      peers->close_release("app", {1}, std::move(gateways));
      on_each_loop([](std::size_t) {});
    }
    triggers.clear();
    dispatchers.clear();
    workers.clear();
    system.reset();
  }

  const std::shared_future<void>& has_ended(std::size_t place) const {
    return ends[place];
  }

  void on_each_loop(const std::function<void(std::size_t)>& what) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      std::promise<void> done;
      loops[i]->post([&] {
        what(i);
        done.set_value();
      });
      done.get_future().wait();
    }
  }

  void listen() {
    gateways = peers->open_release(*system, "app", {1});
    on_each_loop([this](std::size_t i) {
      auto sharing = i == 0 ? address_sharing::first : address_sharing::join;
      address.port = peers->hub(i).listen(address, sharing).value();
    });
  }

  void cut_off() {
    if (peers)
      on_each_loop([this](std::size_t i) { peers->hub(i).stop(); });
  }

  void start_front(loop& home, const std::vector<backend_spec>& backends) {
    dispatcher_setup setup;
    setup.number = static_cast<std::uint8_t>(home.index());
    setup.seed = home.index() + 1;
    setup.backends = backends;
    dispatchers.push_back(spawn_dispatcher(*system, &home, std::move(setup)));
    triggers.push_back(spawn_trigger(*system, &home, {"app", places}));
  }

  void serve(std::size_t loop, const std::string& entry) {
    // There is no release before, so its end is told at once.
    std::promise<void> served;
    caf::anon_send(
      triggers[loop].handle,
      serve_release{{release_number{1}, dispatchers[loop], entry, 10s},
                    [&served] { served.set_value(); }});
    served.get_future().wait();
  }

  void start_worker(const backend_spec& backend) {
    auto number = workers.size();
    auto& home = *loops[number % loops.size()];
    worker_setup setup;
    setup.id = {number + 1};
    setup.backend = backend.name;
    setup.concurrency = backend.concurrency;
    for (auto& each : dispatchers)
      setup.dispatchers.push_back(each.handle);
    for (auto& each : gateways)
      setup.dispatchers.push_back(each.handle);
    setup.dispatcher = dispatchers[home.index()];
    auto& is_ready = ready.emplace_back();
    auto& end = ended.emplace_back();
    ends.push_back(end.get_future().share());
    setup.on_ready = [&is_ready](std::int64_t) { is_ready.set_value(); };
    setup.on_ended
      = [&end](bool, bool, const error&) { end.set_value(); };
    setup.log = [](std::string_view, std::uint32_t, std::string_view) {};
    setup.make_body = [this, backend, &home](worker_body_events& events) {
      return make_inline_body({plugin, backend, config,
                               {backend.concurrency, 2048, 64 * 1024}},
                              home, pool, events);
    };
    workers.push_back(spawn_at<worker_actor>(*system, &home, std::move(setup)));
  }

  blocking_pool pool{1};
  std::vector<std::unique_ptr<loop>> loops;
  settings config;
  caf::actor_system_config system_config;
  std::unique_ptr<caf::actor_system> system;
  std::shared_ptr<shared_plugin> plugin;
  std::shared_ptr<admission> places;
  std::vector<local_dispatcher> dispatchers;
  std::vector<local_trigger> triggers;
  std::unique_ptr<peer_net> peers;
  std::vector<local_gateway> gateways;
  link_address address{"127.0.0.1", 0, {}};
  std::vector<caf::actor> workers;
  std::deque<std::promise<void>> ready;
  std::deque<std::promise<void>> ended;
  std::vector<std::shared_future<void>> ends;
};

small_node::small_node(small_node_setup setup)
  : state_(std::make_unique<state>(std::move(setup))) {
  // nop
}

small_node::~small_node() = default;

outcome small_node::ask(std::string body, std::size_t loop, duration deadline) {
  std::promise<outcome> answer;
  post_request(std::move(body), loop, deadline, answer);
  return answer.get_future().get();
}

void small_node::post_request(std::string body, std::size_t loop,
                              duration deadline,
                              std::promise<outcome>& answer) {
  state_->loops[loop]->post(
    [this, body = std::move(body), loop, deadline, &answer]() mutable {
      external_request request;
      request.body = std::move(body);
      request.context.request_id = "r1";
      request.context.deadline = loop::now() + deadline;
      last_ticket = state_->triggers[loop].entry->start(
        std::move(request),
        [&answer](outcome what) { answer.set_value(std::move(what)); });
    });
}

void small_node::cancel(request_entry::ticket ticket, std::size_t loop) {
  std::promise<void> done;
  state_->loops[loop]->post([&] {
    state_->triggers[loop].entry->cancel(ticket);
    done.set_value();
  });
  done.get_future().wait();
}

std::uint32_t small_node::in_progress() const {
  return state_->places->in_progress();
}

void small_node::on_loop(std::size_t loop,
                         std::function<void(request_entry&)> what) {
  state_->loops[loop]->post([this, loop, what = std::move(what)] {
    what(*state_->triggers[loop].entry);
  });
}

peer_node small_node::as_peer() const {
  auto& self = state_->peers->self();
  return {self.node, state_->address, self.zone};
}

void small_node::use_peers(const std::vector<peer_node>& peers) {
  state_->on_each_loop([&](std::size_t i) {
    state_->peers->use_release(i, "app", {1}, state_->dispatchers[i], peers);
  });
}

void small_node::end_worker_at(std::size_t place) {
  caf::anon_send(state_->workers[place], end_worker{10s, 1s});
  state_->has_ended(place).wait();
}

void small_node::cut_off() {
  state_->cut_off();
}

backend_spec make_backend(std::string name, std::uint32_t workers,
                          std::uint32_t concurrency, std::uint32_t queue) {
  backend_spec spec;
  spec.name = std::move(name);
  spec.workers = workers;
  spec.concurrency = concurrency;
  spec.queue = queue;
  spec.isolation = isolation::in_line;
  return spec;
}

} // namespace serval
