#include "targets.hpp"

#include "base/assert.hpp"
#include "link/frames.hpp"
#include "link/link_core.hpp"
#include "proxy/fake_entry.hpp"
#include "proxy/rpc_session.hpp"

#include <optional>
#include <string>

namespace serval {

namespace {

using namespace std::literals;

constexpr std::size_t message_max = 1024 * 1024;

/// All that a reader finds in bytes that arrive in pieces, and how it ends.
std::string read_all(std::string_view bytes, std::size_t piece_bytes) {
  socket_side side{message_max};
  recording_sink sink;
  std::string end = "end";
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    if (auto done = side.receive(as_bytes_view(piece), sink); !done) {
      end = done.error().message;
      break;
    }
  }
  std::string seen;
  for (auto& control : sink.controls)
    seen += "control " + control + "\n";
  for (auto& message : sink.messages) {
    SERVAL_ASSERT(message.text.size() <= message_max);
    seen += "message " + message.text + "\n";
  }
  for (auto& due : sink.credits)
    seen += "credit " + std::to_string(due.bytes) + "\n";
  return seen + end;
}

/// One end of a link; what arrives is taken for client RPC, and every second
/// request is answered.
struct server : link_events {
  server() : core(settings(link_role::node), now) {
    ingress.table = std::make_shared<routing_table>(std::vector<route>{
      {.path = "/a", .application = "a", .deadline = 3s, .entry = &entry}});
  }

  static link_settings settings(link_role role) {
    link_settings result;
    result.hello.role = role;
    result.message_max = message_max;
    return result;
  }

  static rpc_settings clocks() {
    rpc_settings result;
    result.now = [] { return time_point{1h}; };
    result.wall_now = [] { return wall_time{}; };
    result.in_flight = 8;
    return result;
  }

  bool on_ready(const link_hello&) override {
    SERVAL_ASSERT(!session);
    session.emplace(
      ingress,
      [this](bytes_view bytes, std::uint64_t) {
        return core.send(traffic_class::request, bytes, 0);
      },
      [this] { broken = true; });
    return true;
  }

  bool on_message(traffic_class, bytes_view message) override {
    SERVAL_ASSERT(session);
    if (!session->receive(message))
      return false;
    SERVAL_ASSERT(session->size() <= ingress.settings.in_flight);
    if (entry.tickets % 2 == 0 && entry.open.contains(entry.tickets))
      entry.reply(entry.tickets, outcome{});
    return !broken;
  }

  /// As a loop would, until there is nothing more to read or to write.
  void receive(bytes_view bytes) {
    input.append(bytes);
    auto done = core.receive(now, input.view(), *this);
    if (!done)
      SERVAL_ASSERT(
        !core.send(traffic_class::request, as_bytes_view("x"), 0));
    else
      SERVAL_ASSERT(*done <= input.size());
    for (auto out = core.output(); !out.empty(); out = core.output())
      core.wrote(out.size());
    SERVAL_ASSERT(core.queued_bytes() == 0);
  }

  time_point now{1h};
  fake_entry entry;
  fake_observer observer;
  rpc_ingress ingress{clocks(), observer, nullptr};
  link_core core;
  byte_buffer input;
  std::optional<rpc_session> session;
  bool broken = false;
};

/// The bytes with which a client begins.
const std::string& greeting() {
  static const std::string bytes = [] {
    link_core client{server::settings(link_role::client), time_point{1h}};
    return std::string{as_text(client.output())};
  }();
  return bytes;
}

} // namespace

void fuzz_link_frames(std::string_view input) {
  auto whole = read_all(input, input.size());
  SERVAL_ASSERT(read_all(input, 7) == whole);
  server stranger;
  stranger.receive(as_bytes_view(input));
  server peer;
  peer.receive(as_bytes_view(greeting() + std::string{input}));
}

} // namespace serval
