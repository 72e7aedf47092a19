#pragma once

#include "link/frames.hpp"
#include "link/link.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// Keeps what happens on a link.
struct link_recorder : link_handler {
  void on_ready(const link_hello& hello) override {
    ++ready;
    peer = hello;
  }

  void on_message(traffic_class traffic, bytes_view message) override {
    messages.push_back({traffic, std::string{as_text(message)}});
    if (then)
      then();
  }

  void on_closed(const error& why) override {
    ++closed;
    reason = why;
  }

  int ready = 0;
  int closed = 0;
  link_hello peer;
  std::optional<error> reason;
  std::vector<received_message> messages;
  /// Runs after each message.
  std::function<void()> then;
};

} // namespace serval
