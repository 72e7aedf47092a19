#pragma once

#include "auth/token_table.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "proxy/access_log.hpp"
#include "proxy/request_observer.hpp"
#include "proxy/routing_table.hpp"
#include "trigger/memory_pressure.hpp"
#include "wire/rpc_messages.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace serval {

/// What client RPC is told of the world, and its bounds.
struct rpc_settings {
  time_point (*now)() = nullptr;
  wall_time (*wall_now)() = nullptr;
  /// For request ids; differs between loops.
  std::uint64_t seed = 0;
  /// Longer bodies are refused, in both directions.
  std::size_t body_bytes = 64 * 1024 * 1024;
  std::uint32_t connections = 10'000;
  /// The node's memory; may be null.
  const memory_gauge* memory = nullptr;
  /// Requests of one client that may be in progress.
  std::uint32_t in_flight = 4096;
};

/// What the RPC sessions of one loop share.
struct rpc_ingress {
  rpc_ingress(const rpc_settings& settings, request_observer& observer,
              access_log* log)
    : settings(settings), observer(observer), log(log), random(settings.seed) {
    // nop
  }

  rpc_settings settings;
  request_observer& observer;
  access_log* log; ///< May be null.
  random_source random;
  std::shared_ptr<const routing_table> table
    = std::make_shared<routing_table>();
  /// Null if no application is guarded.
  token_table_ptr tokens;
  rpc_encoder encoder;
  /// New calls are turned away.
  bool stopping = false;
};

/// One RPC client: starts what it calls, sends back what becomes of it. Knows
/// no sockets. Used on one loop.
class rpc_session {
public:
  /// The way to the client. Borrows the bytes until it returns; must not
  /// destroy the session.
  using sender = std::function<result<void>(bytes_view, std::uint64_t id)>;

  /// `on_broken` runs if a reply cannot be sent; the session is then to be
  /// destroyed, but not at once.
  rpc_session(rpc_ingress& ingress, sender send,
              std::function<void()> on_broken);

  rpc_session(const rpc_session&) = delete;
  rpc_session& operator=(const rpc_session&) = delete;

  /// The client is gone: cancels its requests.
  ~rpc_session();

  /// Takes one message of the client. An error means that the client does not
  /// keep to the protocol and is to be cut off.
  result<void> receive(bytes_view message);

  /// Requests in progress.
  std::size_t size() const noexcept {
    return open_.size();
  }

private:
  struct open_request {
    std::shared_ptr<const routing_table> table; ///< Keeps `target` alive.
    const route* target = nullptr;
    request_entry::ticket ticket = 0;
    std::string request_id;
    time_point received_at;
    std::uint64_t bytes_in = 0;
  };

  result<void> on_call(const rpc_call_message& call);
  std::string why_refused(const rpc_call_message& call) const;
  void cancel(std::uint64_t id);
  void start(const rpc_call_message& call, const route& target,
             std::string request_id);
  void finish(std::uint64_t id, outcome result);
  void refuse(const rpc_call_message& call, const route* target,
              errc code, std::string_view detail, std::string_view request_id);
  void reply(std::uint64_t id, const outcome_view& told,
             std::string_view request_id, retry_seconds wait = {});
  void cancelled(const open_request& request);
  void log(const open_request& request, int status, std::uint64_t bytes_out);

  rpc_ingress& ingress_;
  sender send_;
  std::function<void()> on_broken_;
  std::unordered_map<std::uint64_t, open_request> open_;
};

} // namespace serval
