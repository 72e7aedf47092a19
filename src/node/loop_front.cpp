#include "node/loop_front.hpp"

#include <algorithm>
#include <memory>
#include <random>

namespace serval {

namespace {

wall_time wall_now() noexcept {
  return std::chrono::system_clock::now();
}

std::uint64_t random_seed() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

access_log* pointer_to(std::optional<access_log>& log) {
  return log ? &*log : nullptr;
}

http_limits http_limits_of(const loop_front::setup& setup) {
  auto limits = limits_of(setup.config.http, setup.loops);
  // What is counted here need not be noticed in the memory in use.
  auto memory_share = setup.config.node.memory_max.value / 4 / setup.loops;
  limits.body_bytes_in_all = std::min(limits.body_bytes_in_all, memory_share);
  limits.unsent_bytes_in_all
    = std::min(limits.unsent_bytes_in_all, memory_share);
  limits.addresses = &setup.addresses;
  limits.memory = &setup.memory;
  return limits;
}

rpc_settings rpc_settings_of(const loop_front::setup& setup) {
  auto& config = setup.config;
  rpc_settings settings;
  settings.now = loop::now;
  settings.wall_now = wall_now;
  settings.seed = random_seed();
  settings.body_bytes = config.rpc.body_max.value;
  settings.connections = limits_of(config.http, setup.loops).connections;
  settings.memory = &setup.memory;
  return settings;
}

} // namespace

loop_front::loop_front(loop& home, const setup& setup)
  : observer_(setup.metrics, home.index()),
    access_log_(setup.config.http.access_log
                  ? std::optional<access_log>{std::in_place,
                                              setup.log.access()}
                  : std::nullopt),
    ingress_({loop::now, wall_now, random_seed(),
              setup.config.http.worker_header},
             observer_,
             pointer_to(access_log_)),
    http_(home.io(), ingress_, http_limits_of(setup)),
    rpc_(home.io(), rpc_settings_of(setup), observer_,
         pointer_to(access_log_)) {
  // nop
}

void loop_front::use(const credentials& fresh) {
  http_.use(fresh.http);
  ingress_.use(fresh.tokens);
  rpc_.use(fresh.rpc);
  rpc_.use(fresh.tokens);
}

void loop_front::use(std::vector<route> routes) {
  auto table = std::make_shared<const routing_table>(std::move(routes));
  ingress_.use(table);
  rpc_.use(std::move(table));
}

void loop_front::stop(std::function<void()> on_closed, duration linger) {
  auto left = std::make_shared<int>(2);
  auto one_closed = [this, left, on_closed = std::move(on_closed)] {
    if (--*left > 0)
      return;
    // The last requests' lines would otherwise wait for a tick.
    ingress_.tick();
    on_closed();
  };
  http_.stop(one_closed, linger);
  rpc_.stop(one_closed, linger);
}

} // namespace serval
