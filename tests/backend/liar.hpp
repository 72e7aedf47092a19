#pragma once

#include "backend/process_link.hpp"
#include "backend/spawner.hpp"
#include "link/link.hpp"
#include "link/plain_loop.hpp"
#include "wire/damage.hpp"
#include "wire/worker_decoder.hpp"
#include "wire/worker_encoder.hpp"
#include "wire/worker_samples.hpp"

#include <sys/socket.h>

#include <cstring>
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
      worker_ = order->worker;
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
    else if (how_ == "map twice")
      map.call = call, send(map), send(map);
    else if (how_ == "unasked settings")
      send(reconfigured_message{worker_, true, ""});
    else if (how_ == "unasked description")
      send(plugin_description_message{});
    else if (how_ == "stopped")
      send(worker_stopped_message{worker_});
    else if (how_ == "daemon's message")
      send(worker_ping_message{});
    else if (how_ == "bad message")
      static_cast<void>(
        link_.send(traffic_class::request, as_bytes_view("no message at all")));
    else if (how_ == "bad frame")
      ::send(worker_socket_fd, "\xff\xff\xff\xff\xff\xff\xff", 8, 0);
    else if (how_ == "4 GiB frame")
      write_frame(3, 0xffffffff, "");
    else if (how_ == "4 GiB message")
      write_frame(3, 16, {"\0\0\0\0\1\0\0\0begun...", 16});
    else if (how_ == "stray part")
      write_frame(4, 8, "the rest");
    else if (how_.starts_with("noise "))
      make_noise(std::stoull(how_.substr(6)));
    else if (how_ == "closed socket")
      link_.close();
  }

  /// Of a long message: its beginning (kind 3) or what follows (kind 4).
  static void write_frame(char kind, std::uint32_t length,
                          std::string_view payload) {
    std::string frame(8, '\0');
    std::memcpy(frame.data(), &length, sizeof(length));
    frame[4] = kind;
    frame[5] = 1;
    frame += payload;
    ::send(worker_socket_fd, frame.data(), frame.size(), 0);
  }

  /// Messages of all kinds in any order, half of them damaged; then leaves.
  void make_noise(std::uint64_t seed) {
    random_source random{seed};
    auto samples = sample_worker_messages();
    for (int i = 0; i < 30; ++i) {
      auto& sample
        = samples[random.below(static_cast<std::uint32_t>(samples.size()))];
      auto pass_on = [this](bytes_view bytes) {
        static_cast<void>(link_.send(traffic_class::request, bytes));
      };
      auto bytes = encoder_.encode(sample);
      if (random.below(2) == 0)
        pass_on(bytes);
      else
        for_each_damage(bytes, random(), 1, pass_on);
    }
    link_.close();
    loop_.stop();
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
  worker_id worker_;
};

inline int liar_main() {
  plain_loop loop;
  liar subject{loop};
  loop.run();
  return 0;
}

} // namespace serval
