#include "small_node.hpp"

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
#include <future>

namespace serval {

using namespace std::literals;

struct small_node::state {
  state(std::size_t count, const std::string& path,
        const std::vector<backend_spec>& backends, settings config)
    : loops(make_loops(count)), config(std::move(config)) {
    plugin = std::make_shared<shared_plugin>(
      path, sha256_hex_of_file(path).value(), [](const error& why) {
        std::fprintf(stderr, "%s\n", why.message.c_str());
        std::abort();
      });
    run_actors_on(system_config, loops);
    system = std::make_unique<caf::actor_system>(system_config);
    for (auto& each : loops)
      each->start();
    for (std::size_t i = 0; i < loops.size(); ++i) {
      dispatcher_setup setup;
      setup.number = static_cast<std::uint8_t>(i);
      setup.seed = i + 1;
      setup.backends = backends;
      dispatchers.push_back(
        spawn_dispatcher(*system, loops[i].get(), std::move(setup)));
    }
    for (auto& backend : backends)
      for (std::uint32_t i = 0; i < backend.workers; ++i)
        start_worker(backend);
    for (auto& each : ready)
      each.get_future().wait();
    serve(backends.front().name);
  }

  void serve(const std::string& entry) {
    auto places = std::make_shared<admission>(100);
    trigger = spawn_trigger(*system, loops[0].get(), "app", places);
    std::promise<void> served;
    caf::anon_send(trigger.handle,
                   serve_release{
                     {release_number{1}, dispatchers[0], entry, 60s},
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
    workers.push_back(
      spawn_at<worker_actor>(*system, &home, std::move(setup)));
  }

  ~state() {
    for (auto& worker : workers)
      caf::anon_send(worker, end_worker{10s, 1s});
    for (auto& each : ended)
      each.get_future().wait();
    caf::anon_send_exit(trigger.handle, caf::exit_reason::user_shutdown);
    for (auto& each : dispatchers)
      caf::anon_send_exit(each.handle, caf::exit_reason::user_shutdown);
    trigger = {};
    dispatchers.clear();
    workers.clear();
    system.reset();
  }

  blocking_pool pool{1};
  std::vector<std::unique_ptr<loop>> loops;
  settings config;
  caf::actor_system_config system_config;
  std::unique_ptr<caf::actor_system> system;
  std::shared_ptr<shared_plugin> plugin;
  std::vector<local_dispatcher> dispatchers;
  local_trigger trigger;
  std::vector<caf::actor> workers;
  std::deque<std::promise<void>> ready;
  std::deque<std::promise<void>> ended;
};

small_node::small_node(std::size_t loops, std::string plugin,
                       std::vector<backend_spec> backends, settings config)
  : state_(std::make_unique<state>(loops, plugin, backends,
                                   std::move(config))) {
  // nop
}

small_node::~small_node() = default;

outcome small_node::ask(std::string body) {
  std::promise<outcome> answer;
  state_->loops[0]->post([&] {
    external_request request;
    request.body = std::move(body);
    request.context.request_id = "r1";
    request.context.deadline = loop::now() + 60s;
    state_->trigger.entry->start(
      std::move(request),
      [&answer](outcome what) { answer.set_value(std::move(what)); });
  });
  return answer.get_future().get();
}

} // namespace serval
