#include "link/link_core.hpp"

#include <algorithm>
#include <string>

namespace serval {

namespace {

// A peer that has not said who it is gets no more attention than this.
constexpr std::size_t hello_bytes_max = 4096;

// What is handed to the socket at once: enough to make a system call worth
// while, little enough for a ping to get ahead soon.
constexpr std::size_t output_bytes = 128 * 1024;

// Answers to pings and credit that a peer may leave unread.
constexpr std::size_t control_backlog_max = 1024 * 1024;

std::string protocols(std::uint16_t least, std::uint16_t most) {
  auto result = std::to_string(least);
  return least == most ? result : result + " to " + std::to_string(most);
}

std::string milliseconds(duration span) {
  using std::chrono::duration_cast;
  return std::to_string(
           duration_cast<std::chrono::milliseconds>(span).count())
         + " ms";
}

} // namespace

/// Stands between reader and owner for one `receive`.
class link_core::reading : public frame_sink {
public:
  reading(link_core& core, link_events& events) : core_(core), events_(events) {
    // nop
  }

  bool on_control(bytes_view message) override {
    bool was_ready = core_.ready();
    if (auto handled = core_.on_control(message); !handled) {
      failure = handled.error();
      return false;
    }
    if (!was_ready && core_.ready())
      return events_.on_ready(core_.peer_);
    return true;
  }

  bool on_message(traffic_class traffic, bytes_view message) override {
    if (core_.ready())
      return events_.on_message(traffic, message);
    failure = core_.close(
      {errc::bad_request, "the peer sent a message before its hello"});
    return false;
  }

  void on_credit_due(traffic_class traffic, std::uint16_t stream,
                     std::uint64_t bytes) override {
    core_.control(
      link_credit{static_cast<std::uint8_t>(traffic), stream, bytes});
  }

  std::optional<error> failure;

private:
  link_core& core_;
  link_events& events_;
};

link_core::link_core(link_settings settings, time_point now)
  : settings_(std::move(settings)),
    reader_(settings_.message_max),
    writer_(settings_.backlog_max),
    started_(now),
    last_tick_(now),
    last_heard_(now) {
  reader_.set_payload_max(hello_bytes_max);
  settings_.hello.max_message = settings_.message_max;
  control(settings_.hello);
}

result<std::size_t> link_core::receive(time_point now, bytes_view bytes,
                                       link_events& events) {
  if (state_ == state::closed)
    return bytes.size();
  last_heard_ = now;
  reading sink{*this, events};
  auto done = reader_.read(bytes, sink);
  if (sink.failure)
    return *sink.failure;
  if (!done)
    return close(done.error());
  if (writer_.queued_bytes(traffic_class::control) > control_backlog_max)
    return close({errc::overload, "the peer does not read its answers"});
  return done;
}

result<void> link_core::tick(time_point now) {
  if (state_ == state::closed)
    return {};
  // Whoever slept himself cannot tell who was silent meanwhile.
  if (now - last_tick_ > settings_.heartbeat * 2) {
    last_heard_ = std::max(last_heard_, now - settings_.heartbeat);
    blocked_since_.reset();
  }
  last_tick_ = now;
  if (state_ == state::greeting) {
    if (now - started_ > settings_.hello_within)
      return close({errc::link_lost, "the peer sent no hello within "
                                       + milliseconds(settings_.hello_within)});
    return {};
  }
  bool stalled = !output_.empty();
  if (stalled && !blocked_since_)
    blocked_since_ = now;
  if (stalled && now - *blocked_since_ >= settings_.stalled_after)
    return close({errc::link_lost, "the peer has read nothing for "
                                     + milliseconds(now - *blocked_since_)});
  auto silence = now - last_heard_;
  if (silence >= (stalled ? settings_.stalled_after : settings_.dead_after))
    return close({errc::link_lost, "the peer has been silent for "
                                     + milliseconds(silence)});
  if (silence >= settings_.heartbeat)
    control(link_ping{++pings_});
  return {};
}

result<void> link_core::send(traffic_class traffic, bytes_view message,
                             std::uint16_t stream) {
  if (state_ != state::ready)
    return error{errc::link_lost, "cannot send a message: the link is "
                                    + std::string{state_ == state::closed
                                                    ? "closed"
                                                    : "not ready yet"}};
  if (message.empty() || message.size() > send_max_)
    return error{errc::body_too_large,
                 "cannot send a message of " + std::to_string(message.size())
                   + " bytes: the longest may have "
                   + std::to_string(send_max_)};
  return writer_.send(traffic, stream, message);
}

bytes_view link_core::output() {
  if (output_.empty()) {
    output_.shrink(2 * output_bytes);
    writer_.take(output_, output_bytes);
  }
  return output_.view();
}

void link_core::wrote(std::size_t count) {
  output_.remove_prefix(count);
  if (count > 0)
    blocked_since_.reset();
}

result<void> link_core::on_control(bytes_view bytes) {
  auto message = decode_link_message(bytes);
  if (!message)
    return close(message.error());
  if (auto* hello = std::get_if<link_hello>(&*message))
    return on_hello(std::move(*hello));
  if (auto* refusal = std::get_if<link_refusal>(&*message))
    return on_refusal(*refusal);
  if (state_ != state::ready)
    return close({errc::bad_request, "the peer did not begin with its hello"});
  if (auto* ping = std::get_if<link_ping>(&*message))
    control(link_pong{ping->number});
  else if (auto* credit = std::get_if<link_credit>(&*message))
    return on_credit(*credit);
  return {};
}

result<void> link_core::on_hello(link_hello hello) {
  if (state_ == state::ready)
    return close({errc::bad_request, "the peer said hello twice"});
  const auto& own = settings_.hello;
  auto highest = std::min(hello.protocol_max, own.protocol_max);
  if (highest < std::max(hello.protocol_min, own.protocol_min))
    return refuse(errc::conflict, "no common protocol");
  const auto& welcome = settings_.welcome;
  if (!welcome.empty()
      && std::find(welcome.begin(), welcome.end(), hello.role)
           == welcome.end())
    return refuse(errc::unauthorized, "a " + std::string{to_string(hello.role)}
                                        + " is not welcome here");
  if (!hello.cluster_id.empty() && !own.cluster_id.empty()
      && hello.cluster_id != own.cluster_id)
    return refuse(errc::conflict, "this is cluster " + own.cluster_id);
  if (hello.role == link_role::node && own.role == link_role::node
      && !own.node_id.empty() && hello.node_id == own.node_id)
    return refuse(errc::conflict, "two nodes are called " + own.node_id);
  if (settings_.nodes_only)
    if (auto fine = check_node(hello); !fine)
      return refuse(fine.error().code, fine.error().message);
  peer_ = std::move(hello);
  protocol_ = highest;
  send_max_ = std::min<std::uint64_t>(settings_.message_max,
                                      peer_.max_message);
  state_ = state::ready;
  reader_.set_payload_max(frame_payload_max);
  return {};
}

result<void> link_core::check_node(const link_hello& hello) const {
  const auto& own = settings_.hello;
  if (hello.role != link_role::node || hello.node_id.empty())
    return error{errc::unauthorized, "only nodes are welcome here"};
  if (hello.cluster_id != own.cluster_id)
    return error{errc::conflict, "this is cluster " + own.cluster_id};
  if (!settings_.wanted_node.empty()
      && hello.node_id != settings_.wanted_node)
    return error{errc::conflict, "node " + settings_.wanted_node
                                   + " was wanted here, not "
                                   + hello.node_id};
  auto identity = "node://" + hello.cluster_id + "/" + hello.node_id;
  if (settings_.tls
      && std::ranges::find(certificate_uris_, identity)
           == certificate_uris_.end())
    return error{errc::unauthorized,
                 "the certificate shown is not for " + identity};
  return {};
}

result<void> link_core::refuse(errc code, std::string text) {
  const auto& own = settings_.hello;
  control(link_refusal{text, own.protocol_min, own.protocol_max});
  return close({code, "refused the peer: " + std::move(text)});
}

result<void> link_core::on_refusal(const link_refusal& refusal) {
  return close({errc::unavailable,
                "the peer refuses this link: " + refusal.text
                  + " (it speaks protocol "
                  + protocols(refusal.protocol_min, refusal.protocol_max)
                  + ", we "
                  + protocols(settings_.hello.protocol_min,
                              settings_.hello.protocol_max)
                  + ")"});
}

result<void> link_core::on_credit(const link_credit& credit) {
  if (credit.traffic >= traffic_class_count
      || !writer_.grant(static_cast<traffic_class>(credit.traffic),
                        credit.stream, credit.bytes))
    return close({errc::bad_request,
                  "the peer gave credit for a message that is not under way"});
  return {};
}

void link_core::control(const link_message& message) {
  auto bytes = encode_link_message(message);
  writer_.send_control(as_bytes_view(bytes));
}

error link_core::close(error why) {
  state_ = state::closed;
  return why;
}

} // namespace serval
