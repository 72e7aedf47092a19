#pragma once

#include "backend/process_link.hpp"
#include "backend/spawner.hpp"
#include "link/link.hpp"
#include "link/plain_loop.hpp"
#include "wire/worker_decoder.hpp"
#include "wire/worker_encoder.hpp"

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace serval {

inline constexpr std::string_view liar_label = "liar";

/// A worker process that breaks the protocol, in the way that the backend it is
/// told to start is called.
class liar final : link_handler {
public:
  explicit liar(plain_loop& loop)
    : loop_(loop),
      link_(loop.io(), worker_socket_fd, process_side_link(), *this) {
    // nop
  }

private:
  void on_ready(const link_hello&) override {
    // nop
  }

  void on_closed(const error&) override {
    loop_.stop();
  }

  void on_message(traffic_class, bytes_view bytes) override {
    auto message = decode_worker_message(bytes);
    if (auto* order = std::get_if<start_worker_message>(&*message)) {
      how_ = order->backend;
      send(worker_started_message{order->worker});
    } else if (auto* calls = std::get_if<call_batch_message>(&*message)) {
      lie(calls->calls.front().call);
    }
  }

  void lie(call_id call) {
    outcome good = outcome::success("honest");
    result_batch_message honest{{{call, outcome_view{good}}}};
    result_batch_message unknown{{{{call.value + 1}, outcome_view{good}}}};
    map_begin_message map;
    map.map = {1};
    map.call = {call.value + 1};
    map.backend = "echo";
    if (how_ == "unknown call")
      send(unknown);
    else if (how_ == "twice")
      send(honest), send(honest);
    else if (how_ == "unknown map")
      send(map);
    else if (how_ == "daemon's message")
      send(worker_ping_message{});
    else if (how_ == "bad message")
      static_cast<void>(
        link_.send(traffic_class::request, as_bytes_view("no message at all")));
    else if (how_ == "bad frame")
      ::send(worker_socket_fd, "\xff\xff\xff\xff\xff\xff\xff", 8, 0);
    else if (how_ == "closed socket")
      link_.close();
  }

  template <class Message>
  void send(const Message& message) {
    static_cast<void>(
      link_.send(traffic_class::request, encoder_.encode(message)));
  }

  plain_loop& loop_;
  peer_link link_;
  worker_encoder encoder_;
  std::string how_;
};

inline int liar_main() {
  plain_loop loop;
  liar subject{loop};
  loop.run();
  return 0;
}

} // namespace serval
