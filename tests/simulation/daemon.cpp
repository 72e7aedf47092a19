#include "simulation/daemon.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

constexpr std::uint64_t ids_per_app = 1'000'000;

} // namespace

daemon::daemon(scene& in, std::unique_ptr<disk_store> opened,
               std::function<void()> on_power_cut)
  : in_(in),
    life_(in.loop),
    store_(std::move(opened)),
    node_(in, life_),
    on_power_cut_([this, tell = std::move(on_power_cut)] {
      life_.kill();
      tell();
    }) {
  // nop
}

result<void> daemon::lead() {
  auto lease = store_->lease("n1", std::chrono::hours{24});
  if (!lease)
    return lease.error();
  epoch_ = lease->epoch;
  auto names = store_->applications();
  SERVAL_ASSERT(names);
  for (const auto& app : *names)
    spawn_master(app);
  return {};
}

void daemon::order(const std::string& app, app_command command,
                   master::reply_handler on_reply) {
  auto found = masters_.find(app);
  if (found != masters_.end())
    return found->second->order(std::move(command), std::move(on_reply));
  if (!std::holds_alternative<deploy_release>(command.what))
    return on_reply(error{errc::not_found, "no such application"});
  spawn_master(app).order(std::move(command), std::move(on_reply));
}

master& daemon::spawn_master(const std::string& app) {
  numbers_.emplace(app, numbers_.size() + 1);
  return *(masters_[app] = make_master(app));
}

std::unique_ptr<master> daemon::make_master(const std::string& app) {
  auto& left = left_[app];
  if (!left)
    left = std::make_shared<handover_place>();
  auto& lane = lanes_[app];
  if (!lane)
    lane = std::make_shared<job_lane>([this](job_lane::job what) {
      life_.after(disk_latency(), std::move(what));
    });
  return std::make_unique<master>(
    in_, life_, *store_, node_,
    master::setup{app, {numbers_.at(app) * ids_per_app + 1}, epoch_, lane,
                  left, on_power_cut_});
}

duration daemon::disk_latency() {
  using namespace std::chrono_literals;
  return in_.calm ? 1ms
                  : between(in_.random(), 100us,
                            100us + in_.how.disk.latency_max);
}

void daemon::restart_master(const std::string& app) {
  auto& place = masters_.at(app);
  in_.loop.note("app_master ends", numbers_.at(app));
  place->crash();
  ended_.push_back(std::move(place));
  place = make_master(app);
}

std::string daemon::any_application() {
  if (masters_.empty())
    return {};
  auto at = masters_.begin();
  std::advance(at, in_.random().below(
                     static_cast<std::uint32_t>(masters_.size())));
  return at->first;
}

void daemon::attend() {
  for (const auto& [app, each] : masters_)
    if (each->core().out_of_step())
      return restart_master(app);
}

bool daemon::is_lame() const {
  return store_->broken()
         || std::ranges::any_of(masters_, [](const auto& each) {
              const auto& core = each.second->core();
              return core.deposed() && !core.out_of_step();
            });
}

} // namespace serval::simulation
