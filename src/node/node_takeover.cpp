// How a node takes the place of a running one.
#include "node/handed_orders.hpp"
#include "node/kept_orders.hpp"
#include "node/node_parts.hpp"
#include "node/on_loop.hpp"
#include "node/peer_front.hpp"

#include <poll.h>

namespace serval {

namespace {

constexpr int look_every_ms = 10;

std::uint16_t port_of(const handed_listener& listener) {
  auto address = parse_listen_address(listener.address);
  return address ? address->port : 0;
}

} // namespace

/// What both nodes must have alike is found out before anything is started.
result<void> node::parts::inherit(handed_sockets& sockets) {
  inherited_sockets out;
  auto count = loops.size();
  auto take = [&](const char* name, const listen_address& address,
                  std::size_t wanted, handed_listener& into) -> result<void> {
    auto taken = sockets.take(name, address, wanted);
    if (!taken)
      return taken.error();
    into = std::move(*taken);
    return {};
  };
  auto taken = take("http", config.http.listen, count, out.http);
  if (taken)
    taken = take("rpc", config.rpc.listen, count, out.rpc);
  if (taken)
    taken = take("admin", config.admin.listen, 1, out.admin);
  if (taken && !config.cluster.alone())
    taken = take("cluster", config.cluster.listen, count, out.peers);
  if (taken)
    taken = sockets.check_all_taken();
  if (taken)
    inherited = std::move(out);
  return taken;
}

/// Brings up what the other has, while that serves; then, when it orders
/// nothing any more, what it has had since.
result<void> node::parts::take_over(predecessor& before) {
  listens_on(port_of(inherited->http), port_of(inherited->rpc),
             port_of(inherited->admin), port_of(inherited->peers));
  if (auto done = restore(before.orders_path()); !done)
    return done;
  await_peers();
  if (auto told = before.tell_ready(); !told)
    return told;
  if (auto done = restore(before.orders_path()); !done)
    return done;
  return open_store();
}

result<void> node::parts::restore(const std::string& orders_path) {
  auto orders = read_kept_orders(orders_path);
  if (!orders)
    return orders.error();
  if (cluster)
    cluster->restore(address_for_peers(), *orders);
  else if (auto obeyed = obey_orders(*workers, *orders); !obeyed)
    return obeyed;
  await_workers(*orders);
  return {};
}

/// Whoever goes bounds how long: it ends this process when that is over.
void node::parts::await_workers(const std::vector<cluster_message>& orders) {
  while (!are_done(orders, workers->take_stock()))
    ::poll(nullptr, 0, look_every_ms);
}

/// So that no request comes before calls can go to other nodes. One that is
/// gone is not waited for any longer than its leader does.
void node::parts::await_peers() {
  auto end = loop::now() + config.cluster.lost_after;
  for (std::size_t i = 0; peers && i < loops.size();)
    if (loop::now() > end
        || on_loop(*loops[i], [&] { return peers->hub(i).complete(); }))
      ++i;
    else
      ::poll(nullptr, 0, look_every_ms);
}

result<void> node::parts::adopt_sockets() {
  auto adopt = [this](std::size_t at, auto work) -> result<void> {
    auto port = on_loop(*loops[at], work);
    return port ? result<void>{} : port.error();
  };
  result<void> done;
  for (std::size_t i = 0; done && i < loops.size(); ++i) {
    done = adopt(i, [&] {
      return fronts[i]->adopt_http(std::move(inherited->http.sockets[i]));
    });
    if (done)
      done = adopt(i, [&] {
        return fronts[i]->adopt_rpc(std::move(inherited->rpc.sockets[i]));
      });
    if (done && peers)
      done = adopt(i, [&] {
        return peers->hub(i).adopt(std::move(inherited->peers.sockets[i]));
      });
  }
  if (done)
    done = adopt(0, [&] {
      return admin->adopt(std::move(inherited->admin.sockets.front()));
    });
  return done;
}

} // namespace serval
