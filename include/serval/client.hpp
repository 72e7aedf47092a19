#pragma once

// Start here to call applications from a C++ program:
//
//   serval::client client{"127.0.0.1:9490"};
//   auto reply = client.call("bank_monitor", R"({"points": 288})");
//   if (reply.ok())
//     std::cout << reply.body;
//   else
//     std::cerr << reply.status << " " << reply.code << ": " << reply.body;
//
// Link with libserval_client.

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace serval {

/// A client could not be made: the address is malformed, or nobody who speaks
/// this protocol answers there. `what()` says which, and what to do.
class client_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What is shed first when a node is overloaded.
enum class call_priority : std::uint8_t {
  high,
  low,
};

/// What one call asks for besides its answer.
struct client_call_options {
  /// How long the call may take, queues and network included. 0 leaves it to
  /// the application's own deadline.
  std::chrono::nanoseconds timeout{0};
  call_priority priority = call_priority::high;
  /// Appears in the node's logs and comes back in the reply: up to 128 visible
  /// ASCII characters. Empty lets the node make one.
  std::string request_id = {};
  /// A W3C `traceparent`, passed through; may be empty.
  std::string trace_parent = {};
};

/// How a call ended. Every call ends, with or without the node's help.
struct client_reply {
  /// As over HTTP: 200 for an answer, the application's own 4xx, or one of
  /// - 400, 401, 404, 413: the call was malformed or lacks a token, the
  ///   application is unknown, the body is too long;
  /// - 499: `cancel`;
  /// - 500: the application failed;
  /// - 502: a worker or the connection was lost while the call was in progress;
  /// - 503: overload, no worker, or no connection to the node;
  /// - 504: the timeout or the application's deadline has passed.
  int status = 0;
  /// Empty if `ok()`, else a word for programs, such as "overload".
  std::string code;
  /// The answer, or a sentence about the failure.
  std::string body;
  /// As the node logged it; empty if the call never got there.
  std::string request_id;
  /// If not `ok()`: whether the application may have worked on the call. If
  /// false, calling again cannot do anything twice.
  bool maybe_executed = false;
  /// When calling again makes sense; 0 if unknown.
  std::chrono::milliseconds retry_after{0};

  bool ok() const noexcept {
    return code.empty();
  }
};

/// How a client behaves.
struct client_settings {
  /// How long the constructor waits for the first connection.
  std::chrono::milliseconds connect_within{2000};
  /// Sent with each call, for applications that want one.
  std::string token = {};
  /// Of `tls://` addresses: the authority of the node's certificate, in PEM;
  /// empty trusts those of this system.
  std::string ca_file = {};
  /// Our own certificate and its key, in PEM, for nodes that want one; empty
  /// shows none.
  std::string certificate_file = {};
  std::string key_file = {};
  /// The name in the node's certificate; empty wants the address there.
  std::string server_name = {};
};

/// A connection to a node, shared by any number of calls in progress.
///
/// One background thread does the work. A lost connection is made again by
/// itself; calls that were in progress end with 502, calls made meanwhile with
/// 503. No call is ever sent twice. All functions may be called from any
/// thread.
class client {
public:
  /// Names a call in progress.
  using ticket = std::uint64_t;

  /// Receives the reply on the client's thread; must be quick, and must not
  /// throw, block or destroy the client. It may start and cancel calls, but
  /// should not answer 499 with another attempt: the client may be going away.
  using reply_handler = std::function<void(client_reply)>;

  /// Connects to the RPC listener of a node, "127.0.0.1:9490", "unix:/a/path"
  /// or, encrypted, "tls://10.0.0.1:9490". Throws `client_error` if that does
  /// not succeed in time.
  explicit client(const std::string& address, client_settings settings = {});

  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Ends calls in progress as if cancelled; their handlers have run when it
  /// returns.
  ~client();

  /// Calls an application and waits for the reply. Throws std::logic_error if
  /// called from a reply handler, which would wait for itself.
  client_reply call(std::string_view application, std::string_view body,
                    client_call_options options = {});

  /// Calls an application; the future becomes ready with the reply.
  std::future<client_reply> call_async(std::string_view application,
                                       std::string_view body,
                                       client_call_options options = {});

  /// Calls an application; `on_reply` runs exactly once, later.
  ticket start(std::string_view application, std::string_view body,
               client_call_options options, reply_handler on_reply);

  /// Tells the node that nobody waits for the call any more, which frees what
  /// it holds there; it ends with 499 at once. Does nothing if it is over.
  void cancel(ticket call);

  /// Whether there is a connection at the moment.
  bool connected() const noexcept;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace serval
