#pragma once

#include "base/time.hpp"
#include "cli/http_response_parser.hpp"

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

/// Sends one request over a connection of its own and waits for the answer.
/// `address` is `host:port`. The code of an error is `daemon_unreachable` if
/// nothing accepts connections there, `deadline_exceeded` if the answer does
/// not come in time. Blocks.
result<http_answer> perform(const std::string& address, const http_call& call);

} // namespace serval
