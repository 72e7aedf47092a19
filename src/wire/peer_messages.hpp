#pragma once

#include "base/result.hpp"
#include "wire/bytes.hpp"
#include "wire/kept_builder.hpp"
#include "wire/worker_messages.hpp"

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace serval {

// What nodes say to each other about calls; `schemas/peer.fbs` tells what each
// message means. A string_view borrows: from the caller when encoding, from the
// received bytes after decoding.

/// What a link between nodes is for. Never renumber.
enum class peer_purpose : std::uint8_t {
  calls,
  control,
};

struct peer_open {
  peer_purpose purpose = peer_purpose::calls;

  friend bool operator==(const peer_open&, const peer_open&) = default;
};

/// Numbers a dispatcher's interest in a release, within one link.
using attachment_number = std::uint32_t;

// -- dispatcher to workers ----------------------------------------------------

struct peer_attach {
  attachment_number attachment = 0;
  std::string_view app;
  release_number release;

  friend bool operator==(const peer_attach&, const peer_attach&) = default;
};

struct peer_detach {
  attachment_number attachment = 0;

  friend bool operator==(const peer_detach&, const peer_detach&) = default;
};

/// `batch.sent_at` is of no meaning: two machines share no clock.
struct peer_calls {
  attachment_number attachment = 0;
  call_batch_message batch;

  friend bool operator==(const peer_calls&, const peer_calls&) = default;
};

struct peer_cancel {
  attachment_number attachment = 0;
  std::vector<call_id> calls;

  friend bool operator==(const peer_cancel&, const peer_cancel&) = default;
};

struct peer_drain_acknowledged {
  attachment_number attachment = 0;
  worker_id worker;

  friend bool operator==(const peer_drain_acknowledged&,
                         const peer_drain_acknowledged&) = default;
};

// -- workers to dispatcher ----------------------------------------------------

struct peer_worker_up {
  attachment_number attachment = 0;
  worker_id worker;
  std::string_view backend;
  std::uint32_t concurrency = 1;

  friend bool operator==(const peer_worker_up&, const peer_worker_up&)
    = default;
};

struct peer_worker_drain {
  attachment_number attachment = 0;
  worker_id worker;

  friend bool operator==(const peer_worker_drain&, const peer_worker_drain&)
    = default;
};

struct peer_worker_down {
  attachment_number attachment = 0;
  worker_id worker;
  /// The calls that user code may have started on, if that is known.
  std::optional<std::vector<call_id>> started;

  friend bool operator==(const peer_worker_down&, const peer_worker_down&)
    = default;
};

struct peer_results {
  attachment_number attachment = 0;
  worker_id worker;
  /// How long each kept the worker busy.
  duration busy_per_call{0};
  /// Calls that the worker still has, whoever sent them.
  std::uint32_t in_hand = 0;
  result_batch_message batch;

  friend bool operator==(const peer_results&, const peer_results&) = default;
};

struct peer_suspended {
  attachment_number attachment = 0;
  worker_id worker;
  std::int32_t change = 0;

  friend bool operator==(const peer_suspended&, const peer_suspended&)
    = default;
};

struct peer_silence {
  attachment_number attachment = 0;
  worker_id worker;
  bool silent = false;

  friend bool operator==(const peer_silence&, const peer_silence&) = default;
};

using peer_message
  = std::variant<peer_open, peer_attach, peer_detach, peer_calls, peer_cancel,
                 peer_drain_acknowledged, peer_worker_up, peer_worker_drain,
                 peer_worker_down, peer_results, peer_suspended, peer_silence>;

/// Reads and verifies one message. Any bytes are safe. Views borrow from
/// `bytes`, which must begin at an address that is a multiple of 8, as
/// everything that a link delivers does.
result<peer_message> decode_peer_message(bytes_view bytes);

/// Turns messages into bytes. Keeps its buffer, so that encoding allocates
/// nothing once warm.
class peer_encoder {
public:
  /// `Message` is an alternative of `peer_message`. The bytes live until the
  /// next call. Empty if the message would be longer than `encoded_bytes_max`.
  template <class Message>
  bytes_view encode(const Message& message);

private:
  kept_builder builder_;
};

} // namespace serval
