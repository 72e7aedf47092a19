#include "peer/peer_net.hpp"

#include "base/assert.hpp"

#include <utility>

namespace serval {

peer_net::peer_net(peer_net_setup setup) : setup_(std::move(setup)) {
  SERVAL_ASSERT(setup_.loops.size() <= loops_max);
  for (auto& each : setup_.loops)
    hubs_.push_back(std::make_unique<peer_hub>(
      peer_hub_setup{*each, setup_.self, setup_.seed + each->index() * 1000,
                     setup_.control, setup_.log, setup_.on_link}));
}

std::vector<local_gateway> peer_net::open_release(caf::actor_system& system,
                                                  const std::string& app,
                                                  release_number release) {
  std::vector<local_gateway> made;
  auto loops = setup_.loops.size();
  for (std::size_t i = 0; i < loops; ++i) {
    auto gateway = spawn_gateway(system, setup_.loops[i].get(),
                                 static_cast<std::uint8_t>(loops + i));
    setup_.loops[i]->post([this, i, app, release, gateway] {
      hub(i).relays().open({app, release}, gateway.object->core());
    });
    made.push_back(std::move(gateway));
  }
  return made;
}

void peer_net::close_release(const std::string& app, release_number release,
                             std::vector<local_gateway> gateways) {
  for (std::size_t i = 0; i < gateways.size(); ++i)
    setup_.loops[i]->post(
      [this, i, app, release, gateway = std::move(gateways[i])] {
        hub(i).use_release({app, release}, {}, {});
        hub(i).relays().close({app, release});
        end_gateway(gateway);
      });
}

} // namespace serval
