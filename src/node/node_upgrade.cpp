// How a running node has another process take its place.
#include "node/handed_orders.hpp"
#include "node/kept_orders.hpp"
#include "node/node_end.hpp"
#include "node/node_parts.hpp"
#include "node/on_loop.hpp"
#include "node/service_manager.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include <signal.h>
#include <unistd.h>

namespace serval {

namespace {

bool is_told_to_stop() {
  sigset_t pending;
  sigemptyset(&pending);
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGTERM) == 1
         || ::sigismember(&pending, SIGINT) == 1;
}

/// What this process was started with, for the next one.
std::vector<std::string> own_arguments() {
  std::ifstream file{"/proc/self/cmdline", std::ios::binary};
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');)
    words.push_back(word);
  if (!words.empty())
    words.erase(words.begin());
  return words;
}

/// `host:port` of an endpoint, which may have a scheme.
std::string address_of(const std::string& endpoint) {
  auto scheme = endpoint.find("://");
  return scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3);
}

} // namespace

bool node::upgrade() {
  auto& parts = *parts_;
  auto order = parts.upgrades.take();
  auto how = parts.hand_over(order);
  if (how) {
    parts.log->write(log_level::info, "upgrade",
                     fmt::format("process {}, version {}, serves in the place "
                                 "of this one",
                                 how->pid, how->version));
    notify_service(fmt::format("MAINPID={}", how->pid));
  } else {
    parts.log->write(log_level::error, "upgrade",
                     how.error().message + "; this daemon serves on");
  }
  order.on_reply(how);
  parts.upgrades.done();
  return how.has_value();
}

result<upgraded> node::parts::hand_over(const upgrade_order& order) {
  if (::getpid() == 1)
    return error{errc::conflict,
                 "this daemon is process 1 of a container, which would end "
                 "with it; start a new container instead"};
  auto next = successor::start({order.binary.empty() ? binary : order.binary,
                                own_arguments(), order.patience,
                                is_told_to_stop});
  if (!next)
    return next.error();
  auto how = hand_over(*next);
  std::error_code ignored;
  std::filesystem::remove(directory.handover_path(), ignored);
  return how;
}

result<upgraded> node::parts::hand_over(successor& next) {
  auto version = next.meet();
  if (!version)
    return version.error();
  upgraded out{next.pid(), *version};
  auto done = give_sockets(next);
  if (done)
    done = write_orders();
  if (done)
    done = next.prepare(directory.handover_path());
  if (!done)
    return done.error();
  rest();
  done = write_orders();
  if (done)
    done = next.take(directory.handover_path());
  if (done)
    return out;
  // It may have the store, until it is gone.
  next.end();
  resume();
  return done.error();
}

result<void> node::parts::give_sockets(successor& next) {
  std::vector<int> http;
  std::vector<int> rpc;
  std::vector<int> met;
  for (std::size_t i = 0; i < loops.size(); ++i)
    on_loop(*loops[i], [&] {
      http.push_back(fronts[i]->http_descriptor());
      rpc.push_back(fronts[i]->rpc_descriptor());
      if (peers)
        met.push_back(peers->hub(i).descriptor());
      return true;
    });
  auto control = on_loop(*loops.front(), [&] { return admin->descriptor(); });
  auto done = next.give_sockets("http", address_of(where.http), http);
  if (done)
    done = next.give_sockets("rpc", address_of(where.rpc), rpc);
  if (done)
    done = next.give_sockets("admin", address_of(where.admin), {&control, 1});
  if (done && peers)
    done = next.give_sockets("cluster", where.peers, met);
  if (done)
    done = next.give_lock(directory.lock());
  return done;
}

result<void> node::parts::write_orders() {
  auto stock = workers->take_stock();
  auto orders = cluster ? cluster->orders() : orders_of(stock);
  return write_kept_orders(directory.handover_path(),
                           only_ready(std::move(orders), stock));
}

/// From here on nothing is ordered, and nothing written; requests are served as
/// before.
void node::parts::rest() {
  auto rests = std::make_shared<std::promise<void>>();
  leader->rest("a new process takes this daemon's place",
               [rests] { rests->set_value(); });
  // A database that does not answer keeps the lease until it expires.
  rests->get_future().wait_for(stop_patience);
  if (cluster)
    cluster->rest();
  if (journal.embedded != nullptr)
    journal.embedded->close();
}

void node::parts::resume() {
  if (journal.embedded != nullptr)
    if (auto opened = journal.embedded->reopen(); !opened)
      log->write(log_level::error, "upgrade",
                 "no commands are taken until this daemon is restarted: "
                   + opened.error().message);
  if (cluster)
    cluster->resume();
  leader->resume();
}

/// What waits in the backlogs is the other's.
void node::parts::stop_listening() {
  for (std::size_t i = 0; peers && i < loops.size(); ++i)
    on_loop(*loops[i], [&] {
      peers->hub(i).close_listener();
      return true;
    });
  auto closed = std::make_shared<std::promise<void>>();
  loops.front()->post([this, closed] {
    admin->stop([closed] { closed->set_value(); });
  });
  closed->get_future().wait_for(stop_patience);
}

} // namespace serval
