#include "node/upgrade_desk.hpp"

#include <csignal>
#include <utility>

#include <unistd.h>

namespace serval {

void upgrade_desk::ask(upgrade_order order) {
  {
    std::lock_guard held{mutex_};
    if (!std::exchange(busy_, true)) {
      left_ = std::move(order);
      ::kill(::getpid(), SIGUSR2);
      return;
    }
  }
  order.on_reply(error{errc::conflict, "another process is about to take this "
                                       "daemon's place already"});
}

upgrade_order upgrade_desk::take() {
  std::lock_guard held{mutex_};
  busy_ = true;
  auto order = std::exchange(left_, std::nullopt).value_or(upgrade_order{});
  if (!order.on_reply)
    order.on_reply = [](const result<upgraded>&) {
      // The log tells it.
    };
  return order;
}

void upgrade_desk::done() {
  std::lock_guard held{mutex_};
  busy_ = false;
}

} // namespace serval
