#include "node/resources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

namespace serval {

namespace {

/// The rest is for the store, worker processes, artifacts, other listeners.
constexpr std::uint64_t for_clients(std::uint64_t descriptors) {
  return std::max<std::uint64_t>(descriptors / 4 * 3, 1);
}

} // namespace

machine_resources claim_resources() {
  machine_resources found;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    // The soft limit is for programs that use select().
    if (limit.rlim_cur < limit.rlim_max) {
      auto raised = limit;
      raised.rlim_cur = limit.rlim_max;
      if (::setrlimit(RLIMIT_NOFILE, &raised) == 0)
        limit = raised;
    }
    found.descriptors = limit.rlim_cur;
  }
  auto pages = ::sysconf(_SC_PHYS_PAGES);
  auto page_bytes = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0)
    found.memory_bytes = static_cast<std::uint64_t>(pages)
                         * static_cast<std::uint64_t>(page_bytes);
  return found;
}

std::vector<std::string> fit(node_config& config,
                             const machine_resources& machine) {
  std::vector<std::string> lowered;
  auto room = for_clients(machine.descriptors);
  if (machine.descriptors > 0 && config.http.connections_max > room) {
    lowered.push_back(fmt::format(
      "http.connections_max is {}, but the process may have only {} "
      "descriptors: {} connections are served; raise ulimit -Hn",
      config.http.connections_max, machine.descriptors, room));
    config.http.connections_max = static_cast<std::uint32_t>(room);
  }
  if (config.http.connections_per_address_max == 0)
    config.http.connections_per_address_max
      = std::max(1u, config.http.connections_max / 2);
  if (config.node.memory_max.value == 0)
    config.node.memory_max.value
      = machine.memory_bytes == 0 ? ~std::uint64_t{0}
                                  : machine.memory_bytes / 4 * 3;
  return lowered;
}

void rehearse_threads(std::size_t count) {
  std::latch over{1};
  std::vector<std::thread> threads;
  auto end = [&] {
    over.count_down();
    for (auto& each : threads)
      each.join();
  };
  try {
    threads.reserve(count);
    while (threads.size() < count)
      threads.emplace_back([&over] {
        // A thread's first allocation makes it an arena of its own.
        auto some = std::make_unique<std::string>(4096, ' ');
        over.wait();
      });
  } catch (...) {
    end();
    throw;
  }
  end();
}

} // namespace serval
