#pragma once

#include "base/result.hpp"
#include "cli/http_client.hpp"

#include <string>
#include <string_view>

namespace serval {

/// What is put under load.
struct bench_target {
  bool rpc = false;
  std::string host;
  std::string port;
  /// HTTP: of the request, from the slash on.
  std::string path = "/";
  /// RPC: which application.
  std::string app = {};

  /// As the user may write it.
  std::string to_string() const;

  /// As the Host field says it.
  std::string authority() const;
};

/// Whether the text is a URL rather than an application's name.
bool is_url(std::string_view text);

/// Reads http://HOST[:PORT][/PATH] and rpc://HOST:PORT/APP.
result<bench_target> parse_target(std::string_view url);

/// Finds out from the daemon at `admin` where an application is.
result<bench_target> find_app(const http_peer& admin, const std::string& app,
                              bool rpc);

} // namespace serval
