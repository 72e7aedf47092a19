#include "node/node.hpp"

#include "node/node_end.hpp"
#include "node/service_manager.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <pthread.h>

namespace serval {

result<void> run_node(const node_config& config, predecessor* before) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR2);
  if (!config.log.file.empty())
    sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  auto* handler = std::set_terminate(give_up_starting);
  auto started = node::start(config, before);
  std::set_terminate(handler);
  if (started && before)
    if (auto told = before->tell_serving(); !told)
      started = told.error();
  if (!started)
    return started.error();
  auto& node = *started.value();
  fmt::print("serval node '{}' is up\n  http   {}\n  rpc    {}\n  admin  {}\n",
             config.node.name, node.where().http, node.where().rpc,
             node.where().admin);
  std::fflush(stdout);
  if (!before)
    notify_service("READY=1");
  int signal = 0;
  bool replaced = false;
  while (!replaced && sigwait(&signals, &signal) == 0
         && (signal == SIGHUP || signal == SIGUSR2)) {
    if (signal == SIGHUP)
      node.reopen_log();
    else
      replaced = node.upgrade();
  }
  // The next one ends the process as it does by default.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  end_in_time(config.node.shutdown_grace + 3 * stop_patience);
  if (replaced) {
    node.retire();
  } else {
    notify_service("STOPPING=1");
    node.stop();
  }
  // All that must be in order is: the store is closed, the workers are gone.
  // Taking every last object apart could only delay or spoil the exit.
  std::fflush(stdout);
  std::_Exit(0);
}

} // namespace serval
