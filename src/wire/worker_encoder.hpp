#pragma once

#include "wire/bytes.hpp"
#include "wire/worker_messages.hpp"

#include <memory>

namespace serval {

/// Turns the messages of `schemas/worker.fbs` into bytes. Keeps its buffer, so
/// that encoding allocates nothing once warm.
class worker_encoder {
public:
  worker_encoder();
  ~worker_encoder();
  worker_encoder(worker_encoder&&) noexcept;
  worker_encoder& operator=(worker_encoder&&) noexcept;

  /// `Message` is an alternative of `worker_message`. The bytes live until the
  /// next call.
  template <class Message>
  bytes_view encode(const Message& message);

private:
  struct buffer;
  std::unique_ptr<buffer> buffer_;
};

} // namespace serval
