#include "peer/peer_hub.hpp"

#include "peer/calls_session.hpp"

#include <algorithm>

namespace serval {

namespace {

/// Ids that no app_master gives.
constexpr std::uint64_t far_worker_ids = std::uint64_t{1} << 63;

/// A peer that takes nothing for that long is as good as dead to callers.
constexpr duration stalled_after = std::chrono::milliseconds{1250};

/// A peer that came back is found within that time.
constexpr duration dial_pause_max = std::chrono::seconds{1};

/// What may wait for one peer, in each class.
constexpr std::size_t backlog_max = 64 * 1024 * 1024;

} // namespace

link_settings peer_link_settings(const peer_identity& self) {
  link_settings settings;
  settings.hello.cluster_id = self.cluster;
  settings.hello.node_id = self.node;
  settings.hello.boot_id = self.boot_id;
  settings.hello.role = link_role::node;
  settings.welcome = {link_role::node};
  settings.nodes_only = true;
  settings.stalled_after = stalled_after;
  settings.backlog_max = backlog_max;
  return settings;
}

peer_hub::peer_hub(peer_hub_setup setup) : setup_(std::move(setup)) {
  auto calls = [this](const link_hello&, peer_sender& link) {
    return std::make_unique<calls_session>(relays_, link, loop::now);
  };
  listener_ = std::make_unique<peer_listener>(peer_listener_setup{
    setup_.home.io(), peer_link_settings(setup_.self), calls, setup_.control,
    later(), setup_.log});
}

std::function<void(std::function<void()>)> peer_hub::later() {
  return [&home = setup_.home](std::function<void()> what) {
    home.post(std::move(what));
  };
}

result<std::uint16_t> peer_hub::listen(const link_address& address,
                                       address_sharing sharing) {
  return listener_->listen(address, sharing);
}

result<std::uint16_t> peer_hub::adopt(unique_fd listening) {
  return listener_->adopt(std::move(listening));
}

void peer_hub::use(const peer_tls& tls) {
  tls_ = tls;
  listener_->use(tls.accepting);
  for (auto& [key, link] : links_)
    link->use(tls.dialing);
}

void peer_hub::use_release(const release_key& release,
                           local_dispatcher dispatcher,
                           const std::vector<peer_node>& peers) {
  std::vector<usage> next;
  auto before = std::move(uses_[release]);
  for (auto& peer : peers) {
    auto same = std::ranges::find_if(before, [&](const usage& each) {
      return each.peer == peer && each.dispatcher == dispatcher.object;
    });
    if (same == before.end()) {
      next.push_back(begin(release, dispatcher, peer));
    } else {
      next.push_back(std::move(*same));
      before.erase(same);
    }
  }
  for (auto& each : before)
    if (auto link = links_.find(key_of(each.peer)); link != links_.end())
      link->second->leave(*each.workers);
  if (next.empty())
    uses_.erase(release);
  else
    uses_[release] = std::move(next);
}

bool peer_hub::complete() const noexcept {
  return std::ranges::all_of(uses_, [](const auto& release) {
    return std::ranges::all_of(release.second, [](const usage& each) {
      return each.workers->workers() > 0;
    });
  });
}

peer_hub::link_key peer_hub::key_of(const peer_node& peer) {
  return {peer.name, peer.address.to_string()};
}

calls_link& peer_hub::link_to(const peer_node& peer) {
  auto& link = links_[key_of(peer)];
  if (!link) {
    dialing how{setup_.home.io(),
                peer_link_settings(setup_.self),
                {},
                ++setup_.seed,
                later(),
                setup_.log,
                [this] { sweep_later(); },
                [on_link = setup_.on_link, name = peer.name](link_event what) {
                  on_link(name, what);
                }};
    how.link.tls = tls_.dialing;
    how.dial.pause_max = dial_pause_max;
    link = std::make_unique<calls_link>(peer, std::move(how));
  }
  return *link;
}

peer_hub::usage peer_hub::begin(const release_key& release,
                              const local_dispatcher& dispatcher,
                              const peer_node& peer) {
  stand_in_setup setup;
  setup.app = release.first;
  setup.release = release.second;
  setup.where = peer.zone == setup_.self.zone ? locality::zone
                                              : locality::rest;
  // The handle keeps the dispatcher alive.
  setup.table = {std::make_shared<local_dispatcher>(dispatcher),
                 dispatcher.object};
  setup.now = loop::now;
  setup.later = later();
  setup.new_id = [this] { return worker_id{far_worker_ids | ++last_worker_}; };
  return {peer, dispatcher.object, link_to(peer).attach(std::move(setup))};
}

void peer_hub::sweep_later() {
  if (std::exchange(sweeping_, true))
    return;
  setup_.home.post([this] {
    sweeping_ = false;
    std::erase_if(links_, [](auto& each) { return each.second->idle(); });
  });
}

void peer_hub::stop() {
  listener_.reset();
  uses_.clear();
  links_.clear();
}

} // namespace serval
