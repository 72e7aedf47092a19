#include "node/node_end.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

namespace serval {

error too_little(const std::string& problem) {
  return {errc::unavailable,
          "cannot start the node: " + problem
            + "; it needs more memory or threads than it may have: raise "
              "ulimit -v and ulimit -u, or lower node.loops"};
}

void give_up_starting() noexcept {
  std::string problem = "out of resources";
  try {
    if (auto current = std::current_exception())
      std::rethrow_exception(current);
  } catch (const std::exception& known) {
    problem = known.what();
  } catch (...) {
    // nop
  }
  fmt::print(stderr, "serval: {}\n", too_little(problem).message);
  std::_Exit(1);
}

void end_in_time(duration patience) {
  std::thread{[patience] {
    std::this_thread::sleep_for(patience);
    fmt::print(stderr, "serval: the node did not stop in time, perhaps because "
                       "code of an inline backend does not return; the process "
                       "ends without it\n");
    std::_Exit(1);
  }}.detach();
}

} // namespace serval
