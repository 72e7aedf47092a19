#pragma once

#include "base/random.hpp"
#include "link/byte_buffer.hpp"
#include "link/frame_reader.hpp"
#include "link/frame_writer.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace serval {

inline std::string random_text(random_source& random, std::size_t size) {
  std::string result(size, '\0');
  for (auto& c : result)
    c = static_cast<char>('a' + random.below(26));
  return result;
}

struct received_message {
  traffic_class traffic;
  std::string text;

  friend bool operator==(const received_message&, const received_message&)
    = default;
};

/// Keeps what a reader finds.
struct recording_sink : frame_sink {
  struct due {
    traffic_class traffic;
    std::uint16_t stream;
    std::uint64_t bytes;
  };

  bool on_control(bytes_view message) override {
    controls.emplace_back(as_text(message));
    return true;
  }

  bool on_message(traffic_class traffic, bytes_view message) override {
    messages.push_back({traffic, std::string{as_text(message)}});
    return true;
  }

  void on_credit_due(traffic_class traffic, std::uint16_t stream,
                     std::uint64_t bytes) override {
    credits.push_back({traffic, stream, bytes});
  }

  std::vector<std::string> controls;
  std::vector<received_message> messages;
  std::vector<due> credits;
};

/// Feeds a reader as a socket would: in pieces of any size, the unread rest in
/// front.
class socket_side {
public:
  explicit socket_side(std::size_t message_max) : reader_(message_max) {
    // nop
  }

  result<void> receive(bytes_view bytes, frame_sink& sink) {
    input_.append(bytes);
    auto done = reader_.read(input_.view(), sink);
    if (!done)
      return done.error();
    std::vector<std::byte> rest(input_.data() + *done,
                                input_.data() + input_.size());
    input_.remove_prefix(input_.size());
    input_.append(rest);
    return {};
  }

  frame_reader& reader() {
    return reader_;
  }

private:
  frame_reader reader_;
  byte_buffer input_;
};

/// One frame as bytes, true or false.
inline std::string raw_frame(std::uint32_t length, std::uint8_t kind,
                             std::uint8_t traffic, std::uint16_t stream,
                             std::string payload) {
  frame_header header{length, kind, traffic, stream};
  std::string result{reinterpret_cast<const char*>(&header), sizeof(header)};
  result += payload;
  result.resize((result.size() + 7) / 8 * 8);
  return result;
}

inline std::string message_frame(std::string payload) {
  return raw_frame(static_cast<std::uint32_t>(payload.size()), 2, 1, 0,
                   payload);
}

inline std::string first_frame(std::uint64_t size, std::uint16_t stream,
                               std::string payload) {
  payload.insert(0, reinterpret_cast<const char*>(&size), sizeof(size));
  return raw_frame(static_cast<std::uint32_t>(payload.size()), 3, 1, stream,
                   payload);
}

} // namespace serval
