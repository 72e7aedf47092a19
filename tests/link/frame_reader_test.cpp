// Goal: what one side sends the other gets, and nothing else; no bytes can hurt
// the reader. Method: random traffic over a byte stream cut at random places;
// then every simple lie about a frame.

#include "link/frame_reader.hpp"

#include "link/frames.hpp"
#include "wire/damage.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace serval;

namespace {

constexpr std::size_t message_max = 1024 * 1024;

struct sent_message {
  traffic_class traffic;
  std::uint16_t stream;
  std::string text;
};

std::size_t random_size(random_source& random) {
  switch (random.below(4)) {
    case 0:
      return 1 + random.below(100);
    case 1:
      return 1 + random.below(static_cast<std::uint32_t>(frame_payload_max));
    case 2:
      return frame_payload_max - 4 + random.below(8);
    default:
      return 1 + random.below(800'000);
  }
}

/// Sends all messages over a stream of bytes cut at random places.
std::vector<received_message>
transport(const std::vector<sent_message>& messages, random_source& random) {
  frame_writer writer{std::size_t{1} << 30};
  socket_side reader{message_max};
  recording_sink sink;
  std::size_t next = 0;
  byte_buffer wire;
  while (next < messages.size() || !wire.empty()
         || writer.queued_bytes() > 0) {
    for (auto n = random.below(4); n > 0 && next < messages.size(); --n) {
      const auto& message = messages[next++];
      REQUIRE(writer.send(message.traffic, message.stream,
                          as_bytes_view(message.text)));
    }
    writer.take(wire, wire.size() + 1 + random.below(100'000));
    auto count = std::min<std::size_t>(wire.size(), random.below(90'000));
    REQUIRE(reader.receive(wire.view().first(count), sink));
    wire.remove_prefix(count);
    for (const auto& due : sink.credits)
      REQUIRE(writer.grant(due.traffic, due.stream, due.bytes));
    sink.credits.clear();
  }
  return sink.messages;
}

result<void> feed(const std::string& bytes, recording_sink& sink) {
  socket_side reader{message_max};
  return reader.receive(as_bytes_view(bytes), sink);
}

bool accepts(const std::string& bytes) {
  recording_sink sink;
  auto read = feed(bytes, sink);
  if (!read)
    CHECK(read.error().code == errc::bad_request);
  return read.has_value();
}

} // namespace

TEST_CASE("messages of one class and stream arrive whole and in order") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    std::vector<sent_message> sent;
    for (int i = 0; i < 60; ++i)
      sent.push_back({static_cast<traffic_class>(random.below(3)),
                      static_cast<std::uint16_t>(random.below(4)),
                      std::to_string(i) + ":"
                        + random_text(random, random_size(random))});
    auto received = transport(sent, random);
    REQUIRE(received.size() == sent.size());
    std::map<std::string, std::size_t> position;
    for (std::size_t i = 0; i < received.size(); ++i)
      position[received[i].text] = i;
    std::map<std::pair<traffic_class, std::uint16_t>, std::size_t> last;
    for (const auto& message : sent) {
      REQUIRE(position.count(message.text) == 1);
      auto at = position[message.text];
      CHECK(received[at].traffic == message.traffic);
      auto& previous = last[{message.traffic, message.stream}];
      CHECK(previous <= at);
      previous = at;
    }
  }
}

TEST_CASE("a frame may be cut at every byte") {
  auto bytes = message_frame("hello") + first_frame(10, 3, "01234")
               + raw_frame(5, 4, 1, 3, "56789") + message_frame("bye");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    socket_side reader{message_max};
    recording_sink sink;
    CHECK(reader.receive(as_bytes_view(bytes.substr(0, cut)), sink));
    CHECK(reader.receive(as_bytes_view(bytes.substr(cut)), sink));
    REQUIRE(sink.messages.size() == 3);
    CHECK(sink.messages[0].text == "hello");
    CHECK(sink.messages[1].text == "0123456789");
    CHECK(sink.messages[2].text == "bye");
  }
}

TEST_CASE("10,000 frames in one read are 10,000 messages") {
  std::string bytes;
  for (int i = 0; i < 10'000; ++i)
    bytes += message_frame("x");
  recording_sink sink;
  CHECK(feed(bytes, sink));
  CHECK(sink.messages.size() == 10'000);
}

TEST_CASE("a frame's length is checked before anything else of it is there") {
  CHECK_FALSE(accepts(raw_frame(0, 2, 1, 0, "")));
  CHECK_FALSE(accepts(raw_frame(0xffffffff, 2, 1, 0, "")));
  CHECK_FALSE(accepts(raw_frame(0x80000000, 2, 1, 0, "")));
  CHECK_FALSE(accepts(raw_frame(frame_payload_max + 1, 2, 1, 0, "")));
  CHECK(accepts(raw_frame(frame_payload_max, 2, 1, 0, "")));
}

TEST_CASE("frames of unknown kind or class end the reading") {
  CHECK_FALSE(accepts(raw_frame(1, 0, 1, 0, "x")));
  CHECK_FALSE(accepts(raw_frame(1, 5, 1, 0, "x")));
  CHECK_FALSE(accepts(raw_frame(1, 2, 3, 0, "x")));
  CHECK_FALSE(accepts("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
}

TEST_CASE("padding must be zero") {
  auto bytes = message_frame("hello");
  CHECK(accepts(bytes));
  bytes.back() = 'x';
  CHECK_FALSE(accepts(bytes));
}

TEST_CASE("a long message must be what it said it would be") {
  auto more = [](std::string payload) {
    return raw_frame(static_cast<std::uint32_t>(payload.size()), 4, 1, 3,
                     payload);
  };
  CHECK_FALSE(accepts(more("stray")));
  CHECK_FALSE(accepts(first_frame(5, 3, "")));
  CHECK_FALSE(accepts(first_frame(5, 3, "01234")));
  CHECK_FALSE(accepts(first_frame(4, 3, "01234")));
  CHECK_FALSE(accepts(first_frame(message_max + 1, 3, "0")));
  CHECK_FALSE(accepts(first_frame(~std::uint64_t{0}, 3, "0")));
  CHECK(accepts(first_frame(message_max, 3, "0")));
  CHECK_FALSE(accepts(first_frame(6, 3, "0") + more("1234567")));
  CHECK_FALSE(accepts(first_frame(6, 3, "0") + first_frame(6, 3, "0")));
  CHECK_FALSE(accepts(first_frame(6, 3, "0")
                      + raw_frame(1, 2, 1, 3, "x")));
}

TEST_CASE("a flood of long messages stays within its memory") {
  recording_sink sink;
  socket_side reader{message_max};
  std::uint16_t stream = 1;
  result<void> read;
  while (read && stream < 1'000)
    read = reader.receive(as_bytes_view(first_frame(message_max, stream++,
                                                    "0")),
                          sink);
  CHECK_FALSE(read);
  CHECK(sink.credits.size() == 2);
}

TEST_CASE("more of a long message than there is credit for ends the reading") {
  // The first two take all that may be under way.
  recording_sink sink;
  socket_side reader{message_max};
  for (std::uint16_t stream = 1; stream <= 3; ++stream)
    CHECK(reader.receive(as_bytes_view(first_frame(message_max, stream, "0")),
                         sink));
  std::string chunk(60'000, 'x');
  auto send_more = [&](std::uint16_t stream) {
    return reader.receive(
      as_bytes_view(raw_frame(static_cast<std::uint32_t>(chunk.size()), 4, 1,
                              stream, chunk)),
      sink);
  };
  for (int i = 0; i < 10; ++i)
    CHECK(send_more(1));
  for (int i = 0; i < 4; ++i)
    CHECK(send_more(3));
  CHECK_FALSE(send_more(3));
}

TEST_CASE("random bytes never do more than end the reading") {
  random_source random{7};
  frame_writer writer{std::size_t{1} << 30};
  for (int i = 0; i < 20; ++i) {
    auto text = random_text(random, random_size(random) / 4 + 1);
    REQUIRE(writer.send(static_cast<traffic_class>(random.below(3)), 0,
                        as_bytes_view(text)));
  }
  byte_buffer good;
  writer.take(good, std::size_t{1} << 30);
  for_each_damage(good.view(), 11, 300, [](bytes_view damaged) {
    recording_sink sink;
    socket_side reader{message_max};
    static_cast<void>(reader.receive(damaged, sink).has_value());
  });
}
