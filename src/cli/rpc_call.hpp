#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "cli/http_client.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// How a request to an application ended, whichever way it went.
struct call_answer {
  int status = 0; ///< As over HTTP.
  std::string request_id;
  std::string body;
  std::string trouble; ///< What went wrong; empty with 2xx.
};

/// Calls an application through the client SDK and waits for the answer.
/// Without a timeout the application's own deadline counts.
result<call_answer> call_over_rpc(const http_peer& node,
                                  std::string_view app, std::string_view body,
                                  std::optional<duration> timeout);

} // namespace serval
