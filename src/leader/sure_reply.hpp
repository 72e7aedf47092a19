#pragma once

#include "base/result.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace serval {

/// A reply that comes in any case: when the last copy goes without having been
/// called, as in the mailbox of an actor that has ended, `otherwise` is said.
template <class T>
std::function<void(result<T>)>
make_sure(std::function<void(result<T>)> on_reply, error otherwise) {
  struct promise {
    std::function<void(result<T>)> on_reply;
    error otherwise;

    promise(std::function<void(result<T>)> reply, error what)
      : on_reply(std::move(reply)), otherwise(std::move(what)) {
      // nop
    }

    promise(const promise&) = delete;
    promise& operator=(const promise&) = delete;

    ~promise() {
      if (on_reply)
        on_reply(std::move(otherwise));
    }
  };
  return [kept = std::make_shared<promise>(std::move(on_reply),
                                           std::move(otherwise))](
           result<T> what) {
    if (auto reply = std::exchange(kept->on_reply, nullptr))
      reply(std::move(what));
  };
}

} // namespace serval
