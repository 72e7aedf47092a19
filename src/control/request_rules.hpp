#pragma once

#include "base/result.hpp"
#include "control/control_route.hpp"
#include "leader/control_plane.hpp"
#include "proxy/http_message.hpp"

namespace serval {

/// Refuses what a page in a browser could make its user send: requests with an
/// Origin, and requests for a host name that is not this machine's, as they
/// come after DNS rebinding. Where every request needs a token, which no page
/// has, any host name will do.
result<void> check_sender(const request_head& head, bool needs_token = false);

/// Refuses queries, bodies where none is expected, and JSON under another
/// name.
result<void> check_form(const http_request& request, control_operation asked);

/// The operation id and reason of a command, from `x-operation-id` and
/// `x-reason`. The id is empty if the client sent none.
result<command_header> read_command_header(const request_head& head);

} // namespace serval
