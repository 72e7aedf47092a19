#include "support/small_node.hpp"

#include "backend/inline_body.hpp"
#include "base/sha256.hpp"
#include "dispatcher/dispatcher_actor.hpp"
#include "loop/loop_coordinator.hpp"
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
    run_actors_on(system_config, loops);
    system = std::make_unique<caf::actor_system>(system_config);
    for (auto& each : loops)
      each->start();
    for (auto& each : loops)
      start_front(*each, setup.backends);
    for (auto& backend : setup.backends)
      for (std::uint32_t i = 0; i < backend.workers; ++i)
        start_worker(backend);
    for (auto& each : ready)
      each.get_future().wait();
    for (std::size_t i = 0; i < loops.size(); ++i)
      serve(i, setup.backends.front().name);
  }

  ~state() {
    for (auto& worker : workers)
      caf::anon_send(worker, end_worker{10s, 1s});
    for (auto& each : ended)
      each.get_future().wait();
    for (std::size_t i = 0; i < loops.size(); ++i) {
      caf::anon_send_exit(triggers[i].handle, caf::exit_reason::user_shutdown);
      caf::anon_send_exit(dispatchers[i].handle,
                          caf::exit_reason::user_shutdown);
    }
    triggers.clear();
    dispatchers.clear();
    workers.clear();
    system.reset();
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
    setup.dispatcher = dispatchers[home.index()];
    auto& is_ready = ready.emplace_back();
    auto& has_ended = ended.emplace_back();
    setup.on_ready = [&is_ready](std::int64_t) { is_ready.set_value(); };
    setup.on_ended
      = [&has_ended](bool, bool, const error&) { has_ended.set_value(); };
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
  std::vector<caf::actor> workers;
  std::deque<std::promise<void>> ready;
  std::deque<std::promise<void>> ended;
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

backend_spec make_backend(std::string name, std::uint32_t workers,
                          std::uint32_t concurrency) {
  backend_spec spec;
  spec.name = std::move(name);
  spec.workers = workers;
  spec.concurrency = concurrency;
  spec.isolation = isolation::in_line;
  return spec;
}

} // namespace serval
