#pragma once

#include <memory>
#include <string>

namespace serval {

/// A node's RPC side on a thread of its own, with three applications: `echo`
/// answers with the request's body, `reject` rejects, `silent` never answers.
/// Hides the server's headers, so that tests of the client see the client's
/// alone.
class rpc_test_server {
public:
  /// On any free port, or where another one was.
  explicit rpc_test_server(const std::string& address = "127.0.0.1:0");

  ~rpc_test_server();

  std::string address() const;

  /// Waits until `silent` got that many requests.
  void wait_for_starts(int count);

  /// Waits until that many requests of `silent` were cancelled.
  void wait_for_cancels(int count);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace serval
