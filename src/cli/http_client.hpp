#pragma once

#include "base/time.hpp"
#include "cli/http_response_parser.hpp"
#include "tls/tls_files.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serval {

struct http_call {
  std::string_view method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string_view body = {};
  /// From the first byte sent to the last one received.
  duration timeout = std::chrono::seconds{10};
};

/// Whom to ask, and as whom.
struct http_peer {
  /// `host:port` or, encrypted, `https://host:port`.
  std::string address;
  /// The authority of its certificate; empty trusts those of this system.
  std::string ca_file = {};
  /// Our own certificate and key, for a daemon that wants them.
  tls_files own = {};
  /// Sent as a bearer token unless it is empty.
  std::string token = {};

  http_peer() = default;

  http_peer(std::string where) : address(std::move(where)) {
    // nop
  }

  http_peer(const char* where) : address(where) {
    // nop
  }
};

/// Sends one request over a connection of its own and waits for the answer.
/// The code of an error is `daemon_unreachable` if nothing accepts connections
/// there, `unauthorized` if its certificate cannot be trusted,
/// `deadline_exceeded` if the answer does not come in time. Blocks.
result<http_answer> perform(const http_peer& peer, const http_call& call);

} // namespace serval
