// What the bytes between processes cost without a socket: frames of a link, and
// the messages in them, written by one side and read and verified by the other.

#include "timed.hpp"

#include "link/frame_reader.hpp"
#include "link/frame_writer.hpp"
#include "wire/link_messages.hpp"
#include "wire/rpc_messages.hpp"
#include "wire/worker_decoder.hpp"
#include "wire/worker_encoder.hpp"

#include <cstdlib>
#include <cstring>
#include <string>

using namespace serval;

namespace {

/// Received bytes begin at a multiple of 8.
class aligned_bytes {
public:
  explicit aligned_bytes(bytes_view from)
    : size_(from.size()), words_(from.size() / 8 + 1) {
    std::memcpy(words_.data(), from.data(), from.size());
  }

  bytes_view view() const {
    return {reinterpret_cast<const std::byte*>(words_.data()), size_};
  }

private:
  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

/// A writer whose bytes go straight into a reader, and credit straight back.
class short_circuit final : frame_sink {
public:
  void run(bytes_view message, int count) {
    received_ = 0;
    for (int i = 0; i < count; ++i)
      if (!writer_.send(traffic_class::request, 0, message))
        std::abort();
    while (writer_.queued_bytes() > 0) {
      writer_.take(buffer_, 256 * 1024);
      auto read = reader_.read(buffer_.view(), *this);
      if (!read)
        std::abort();
      buffer_.remove_prefix(*read);
    }
    if (received_ != message.size() * static_cast<std::size_t>(count))
      std::abort();
  }

private:
  bool on_control(bytes_view) override {
    return true;
  }

  bool on_message(traffic_class, bytes_view message) override {
    received_ += message.size();
    return true;
  }

  void on_credit_due(traffic_class traffic, std::uint16_t stream,
                     std::uint64_t bytes) override {
    writer_.grant(traffic, stream, bytes);
  }

  frame_writer writer_{16 * 1024 * 1024};
  frame_reader reader_{64 * 1024 * 1024};
  byte_buffer buffer_;
  std::size_t received_ = 0;
};

void frames() {
  short_circuit wire;
  auto one = [&](const char* what, std::size_t bytes, int count) {
    std::string text(bytes, 'x');
    micro::measure(what, static_cast<std::size_t>(count),
                   [&] { wire.run(as_bytes_view(text), count); });
  };
  one("link frame of 64 B, written and read", 64, 64);
  one("link frame of 4 KB, written and read", 4096, 64);
  one("link message of 1 MB, chunked and put together", 1 << 20, 1);
}

template <class Decode>
void verify(const char* what, bytes_view bytes, std::size_t items,
            Decode decode) {
  aligned_bytes received{bytes};
  micro::measure(what, items, [&] {
    auto message = decode(received.view());
    if (!message)
      std::abort();
    micro::keep(*message);
  });
}

void link_messages() {
  link_message ping = link_ping{7};
  micro::measure("link ping, encoded", 1,
                 [&] { micro::keep(encode_link_message(ping)); });
  verify("link ping, verified and decoded",
         as_bytes_view(encode_link_message(ping)), 1, decode_link_message);
}

void rpc_messages() {
  std::string body(64, 'x');
  rpc_call_message call;
  call.id = 1;
  call.application = "app";
  call.remaining = std::chrono::seconds{1};
  call.request_id = "0123456789abcdef0123456789abcdef";
  call.body = body;
  rpc_encoder encoder;
  micro::measure("RPC call of 64 B, encoded", 1,
                 [&] { micro::keep(encoder.encode(call)); });
  verify("RPC call of 64 B, verified and decoded", encoder.encode(call), 1,
         decode_rpc_message);
}

void worker_messages(std::size_t calls, const char* encoded,
                     const char* decoded) {
  std::string body(64, 'x');
  call_batch_message batch;
  batch.worker = {1};
  batch.contexts.push_back(
    {"0123456789abcdef0123456789abcdef", {}, std::chrono::seconds{1}});
  for (std::size_t i = 0; i < calls; ++i)
    batch.calls.push_back({{i + 1}, 0, body});
  worker_encoder encoder;
  micro::measure(encoded, calls, [&] { micro::keep(encoder.encode(batch)); });
  verify(decoded, encoder.encode(batch), calls, decode_worker_message);
}

} // namespace

int main() {
  frames();
  link_messages();
  rpc_messages();
  worker_messages(1, "worker batch of 1 call, encoded",
                  "worker batch of 1 call, verified and decoded");
  worker_messages(32, "worker batch of 32 calls, encoded, per call",
                  "worker batch of 32 calls, verified and decoded, per call");
}
