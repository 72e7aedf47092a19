#include "targets.hpp"

#include "base/assert.hpp"
#include "input_reader.hpp"
#include "wire/cluster_messages.hpp"
#include "wire/damage.hpp"
#include "wire/link_messages.hpp"
#include "wire/peer_messages.hpp"
#include "wire/rpc_messages.hpp"
#include "wire/worker_decoder.hpp"
#include "wire/worker_encoder.hpp"

namespace serval {

namespace {

/// What was understood is encoded and read again: nothing may have changed.
template <class Decode, class Encode>
void check(bytes_view bytes, Decode decode, Encode encode) {
  auto message = decode(bytes);
  if (!message)
    return;
  aligned_bytes again{encode(*message)};
  auto second = decode(again.view());
  SERVAL_ASSERT(second);
  SERVAL_ASSERT(*second == *message);
}

/// The same for messages that are not compared: their bytes are.
void check_cluster_message(bytes_view bytes) {
  auto message = decode_cluster_message(bytes);
  if (!message)
    return;
  auto once = encode_cluster_message(*message);
  auto second = decode_cluster_message(
    aligned_bytes{as_bytes_view(once)}.view());
  SERVAL_ASSERT(second);
  SERVAL_ASSERT(encode_cluster_message(*second) == once);
}

} // namespace

void fuzz_wire_message(std::string_view input) {
  input_reader in{input};
  auto protocol = in.byte();
  aligned_bytes bytes{as_bytes_view(in.rest())};
  if (protocol == 'l') {
    std::string buffer;
    check(bytes.view(), decode_link_message, [&](const link_message& message) {
      buffer = encode_link_message(message);
      return as_bytes_view(buffer);
    });
  } else if (protocol == 'r') {
    rpc_encoder encoder;
    check(bytes.view(), decode_rpc_message,
          [&](const rpc_message& message) { return encoder.encode(message); });
  } else if (protocol == 'p') {
    peer_encoder encoder;
    check(bytes.view(), decode_peer_message,
          [&](const peer_message& message) { return encoder.encode(message); });
  } else if (protocol == 'c') {
    check_cluster_message(bytes.view());
  } else {
    worker_encoder encoder;
    check(bytes.view(), decode_worker_message,
          [&](const worker_message& message) {
            return encoder.encode(message);
          });
  }
}

} // namespace serval
