#pragma once

#include "wire/bytes.hpp"
#include "wire/kept_builder.hpp"
#include "wire/worker_messages.hpp"

namespace serval {

/// Turns the messages of `schemas/worker.fbs` into bytes. Keeps its buffer, so
/// that encoding allocates nothing once warm.
class worker_encoder {
public:
  /// `Message` is an alternative of `worker_message`. The bytes live until the
  /// next call.
  template <class Message>
  bytes_view encode(const Message& message);

private:
  kept_builder builder_;
};

} // namespace serval
