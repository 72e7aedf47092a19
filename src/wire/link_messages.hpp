#pragma once

#include "base/result.hpp"
#include "wire/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace serval {

// What the two ends of a link say to each other, below any protocol;
// `schemas/link.fbs` tells what each message means. Small and rare, so that all
// own what they hold.

/// What a process is to its peer. Never renumber.
enum class link_role : std::uint8_t {
  none,
  node,
  worker_process,
  client,
  keeper,
};

std::string_view to_string(link_role role) noexcept;

struct link_hello {
  /// Empty matches any.
  std::string cluster_id;
  /// Empty for a client.
  std::string node_id;
  std::string boot_id;
  std::uint16_t protocol_min = 1;
  std::uint16_t protocol_max = 1;
  link_role role = link_role::none;
  /// The longest message that the speaker takes, in bytes.
  std::uint64_t max_message = 0;

  friend bool operator==(const link_hello&, const link_hello&) = default;
};

struct link_refusal {
  std::string text;
  std::uint16_t protocol_min = 1;
  std::uint16_t protocol_max = 1;

  friend bool operator==(const link_refusal&, const link_refusal&) = default;
};

struct link_ping {
  std::uint64_t number = 0;

  friend bool operator==(const link_ping&, const link_ping&) = default;
};

struct link_pong {
  std::uint64_t number = 0;

  friend bool operator==(const link_pong&, const link_pong&) = default;
};

struct link_credit {
  /// Class and stream of the long message, as in its frames.
  std::uint8_t traffic = 0;
  std::uint16_t stream = 0;
  std::uint64_t bytes = 0;

  friend bool operator==(const link_credit&, const link_credit&) = default;
};

using link_message = std::variant<link_hello, link_refusal, link_ping,
                                  link_pong, link_credit>;

/// Reads and verifies one message. Any bytes are safe that begin at an address
/// which is a multiple of 8.
result<link_message> decode_link_message(bytes_view bytes);

std::string encode_link_message(const link_message& message);

} // namespace serval
