#pragma once

#include "load/load_transport.hpp"
#include "load/request_mix.hpp"
#include "load/socket_target.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace serval {

/// What each HTTP request looks like.
struct http_request_form {
  std::string method = "POST";
  std::string host;
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> fields = {};
  /// Whether each request carries its number as `X-Request-Id`.
  bool with_id = false;
  /// Whether good answers must be an echo of id and body (`echo_check`).
  bool expect_echo = false;
};

/// The head of a request with a body of `body_bytes`. With an id, its last 16
/// characters before the empty line are where it goes.
std::string write_request_head(const http_request_form& form,
                               std::size_t body_bytes);

/// HTTP/1.1 over connections that are kept and not pipelined, as many as are
/// needed at once up to a limit. Speaks to epoll itself: a request costs one
/// `send` and one `recv`, and nothing is allocated for it.
std::unique_ptr<load_transport>
make_http_transport(const socket_target& target, const http_request_form& form,
                    const request_mix& mix, std::uint32_t connections_max);

} // namespace serval
