#pragma once

#include "model/outcome.hpp"
#include "proxy/http_message.hpp"

#include <string>
#include <string_view>

namespace serval {

/// What a client that was shed is told if nobody knows better. Short: shedding
/// is what keeps a queue short, so there is room again soon.
inline constexpr retry_seconds retry_soon{1};

/// An error as RFC 9457 wants it, `application/problem+json`:
/// `{"type", "title", "status", "code", "detail", "request_id"}`. `code` is
/// what programs branch on, `detail` is for people. Bytes of `detail` that are
/// not UTF-8 are replaced. `wait` is for `Retry-After`, which 503 has.
http_response make_problem(int status, std::string_view code,
                           std::string_view detail,
                           std::string request_id = {},
                           retry_seconds wait = retry_soon);

/// The answer for a failure of the server itself; the client is told the
/// code's sentence, or `detail` if it is not empty.
http_response make_problem(errc code, std::string_view detail,
                           std::string request_id = {},
                           retry_seconds wait = retry_soon);

/// The answer to what did not become a request; the code is one that has this
/// status, or "bad_request".
http_response make_refusal(int status, std::string_view reason);

/// What HTTP says about how a request ended.
///
/// - An answer is 200. Its body is `application/json` if its first byte that is
///   not white space is `{` or `[`, else `application/octet-stream`: Serval
///   does not know what bodies mean, and a wrong guess must not make a browser
///   run them.
/// - A reject has the status and the message that the application chose.
/// - Any other failure has its code's status and sentence. What the operator is
///   told about it, such as a message of user code, never reaches the client.
/// - 502 says in `x-serval-maybe-executed` whether user code may have run.
/// - 503 has `Retry-After`.
http_response to_response(outcome result, std::string request_id);

} // namespace serval
