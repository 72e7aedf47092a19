#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/request.hpp"
#include "wire/bytes.hpp"
#include "wire/kept_builder.hpp"
#include "wire/outcome_view.hpp"

#include <cstdint>
#include <string_view>
#include <variant>

namespace serval {

// What clients and servers of external requests say to each other;
// `schemas/rpc.fbs` tells what each message means. A string_view borrows: from
// the caller when encoding, from the received bytes after decoding.

struct rpc_call_message {
  /// Not 0.
  std::uint64_t id = 0;
  std::string_view application;
  /// Until the deadline; 0 leaves it to the application.
  duration remaining{0};
  serval::priority priority = priority::high;
  /// Empty lets the server make one.
  std::string_view request_id;
  std::string_view trace_parent;
  std::string_view body;
  /// Empty shows none.
  std::string_view token;

  friend bool operator==(const rpc_call_message&,
                         const rpc_call_message&) = default;
};

struct rpc_reply_message {
  std::uint64_t id = 0;
  outcome_view outcome;
  /// When another attempt makes sense; 0 if unknown.
  std::chrono::milliseconds retry_after{0};
  std::string_view request_id;

  friend bool operator==(const rpc_reply_message&,
                         const rpc_reply_message&) = default;
};

struct rpc_cancel_message {
  std::uint64_t id = 0;

  friend bool operator==(const rpc_cancel_message&,
                         const rpc_cancel_message&) = default;
};

using rpc_message
  = std::variant<rpc_call_message, rpc_reply_message, rpc_cancel_message>;

/// Reads and verifies one message. Any bytes are safe. Views borrow from
/// `bytes`, which must begin at an address that is a multiple of 8, as
/// everything that a link delivers does.
result<rpc_message> decode_rpc_message(bytes_view bytes);

/// Turns messages into bytes. Keeps its buffer, so that encoding allocates
/// nothing once warm.
class rpc_encoder {
public:
  /// The bytes live until the next call. Empty if the message would be longer
  /// than `encoded_bytes_max`.
  bytes_view encode(const rpc_call_message& message);
  bytes_view encode(const rpc_reply_message& message);
  bytes_view encode(const rpc_cancel_message& message);
  bytes_view encode(const rpc_message& message);

private:
  kept_builder builder_;
};

} // namespace serval
