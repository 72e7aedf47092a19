#pragma once

#include "base/result.hpp"
#include "wire/bytes.hpp"
#include "wire/worker_messages.hpp"

namespace serval {

/// Reads and verifies one message of `schemas/worker.fbs`. Any bytes are safe.
/// Views in the message borrow from `bytes`, which must begin at an address
/// that is a multiple of 8, as everything that a link delivers does.
result<worker_message> decode_worker_message(bytes_view bytes);

} // namespace serval
