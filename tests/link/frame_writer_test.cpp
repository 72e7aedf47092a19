// Goal: the order of what is written. Method: hand out frame by frame and look
// at the headers.

#include "link/frame_writer.hpp"

#include "link/frames.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

constexpr std::size_t plenty = 64 * 1024 * 1024;

struct seen_frame {
  frame_kind kind;
  traffic_class traffic;
  std::uint16_t stream;
  std::size_t length;
};

std::vector<seen_frame> take(frame_writer& writer, std::size_t enough) {
  byte_buffer out;
  writer.take(out, enough);
  std::vector<seen_frame> result;
  for (std::size_t at = 0; at < out.size();) {
    auto header = read_frame_header(out.data() + at);
    result.push_back({static_cast<frame_kind>(header.kind),
                      static_cast<traffic_class>(header.traffic),
                      header.stream, header.length});
    at += frame_bytes(header.length);
  }
  return result;
}

std::size_t bytes_of(const std::vector<seen_frame>& frames,
                     traffic_class traffic) {
  std::size_t result = 0;
  for (const auto& frame : frames)
    if (frame.traffic == traffic)
      result += frame_bytes(frame.length);
  return result;
}

void send(frame_writer& writer, traffic_class traffic, std::size_t size,
          std::uint16_t stream = 0) {
  std::string text(size, 'x');
  REQUIRE(writer.send(traffic, stream, as_bytes_view(text)));
}

} // namespace

TEST_CASE("a ping overtakes a queued bulk transfer") {
  frame_writer writer{plenty};
  send(writer, traffic_class::bulk, 16 * 1024 * 1024);
  CHECK(take(writer, 1).front().traffic == traffic_class::bulk);
  writer.send_control(as_bytes_view("ping"));
  CHECK(take(writer, 1).front().kind == frame_kind::control);
}

TEST_CASE("bulk gets at most half while requests wait, and all otherwise") {
  frame_writer writer{plenty};
  send(writer, traffic_class::bulk, 64 * 1024 * 1024 - 1);
  REQUIRE(take(writer, 1).size() == 1);
  writer.grant(traffic_class::bulk, 0, plenty);
  for (int i = 0; i < 1'000; ++i)
    send(writer, traffic_class::request, 10'000);
  auto frames = take(writer, 10 * 1024 * 1024);
  auto bulk = bytes_of(frames, traffic_class::bulk);
  auto requests = bytes_of(frames, traffic_class::request);
  CHECK(bulk <= requests + 64 * 1024);
  CHECK(bulk + 128 * 1024 >= requests);
  take(writer, 10 * 1024 * 1024);
  auto rest = take(writer, 10 * 1024 * 1024);
  CHECK(bytes_of(rest, traffic_class::bulk) >= 10 * 1024 * 1024);
}

TEST_CASE("a short message of another stream does not wait for a long one") {
  frame_writer writer{plenty};
  send(writer, traffic_class::request, 1024 * 1024, 1);
  take(writer, 1);
  send(writer, traffic_class::request, 100, 2);
  auto frames = take(writer, 128 * 1024);
  auto is_short = [](const auto& frame) {
    return frame.kind == frame_kind::message && frame.stream == 2;
  };
  CHECK(std::any_of(frames.begin(), frames.end(), is_short));
}

TEST_CASE("a short message waits for the long one before it in its stream") {
  frame_writer writer{plenty};
  send(writer, traffic_class::request, 100'000, 1);
  send(writer, traffic_class::request, 100, 1);
  auto frames = take(writer, plenty);
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].kind == frame_kind::first);
  CHECK(frames[1].kind == frame_kind::more);
  CHECK(frames[2].kind == frame_kind::message);
  CHECK(writer.queued_bytes() == 0);
}

TEST_CASE("a long message waits for the short ones before it in its stream") {
  frame_writer writer{plenty};
  for (int i = 0; i < 10; ++i)
    send(writer, traffic_class::request, 10'000, 1);
  send(writer, traffic_class::request, 100'000, 1);
  auto frames = take(writer, plenty);
  REQUIRE(frames.size() == 12);
  CHECK(frames[9].kind == frame_kind::message);
  CHECK(frames[10].kind == frame_kind::first);
}

TEST_CASE("a long message stops without credit and goes on with it") {
  frame_writer writer{plenty};
  send(writer, traffic_class::request, 1024 * 1024, 1);
  auto before = bytes_of(take(writer, plenty), traffic_class::request);
  CHECK(before >= initial_credit);
  CHECK(before < initial_credit + 100);
  CHECK(take(writer, plenty).empty());
  CHECK_FALSE(writer.grant(traffic_class::request, 2, 1));
  CHECK_FALSE(writer.grant(traffic_class::bulk, 1, 1));
  CHECK(writer.grant(traffic_class::request, 1, 1024 * 1024));
  take(writer, plenty);
  CHECK(writer.queued_bytes() == 0);
}

TEST_CASE("many long messages take turns, few enough for any receiver") {
  frame_writer writer{plenty};
  for (std::uint16_t stream = 1; stream <= 100; ++stream)
    send(writer, traffic_class::request, 500'000, stream);
  auto frames = take(writer, plenty);
  std::vector<std::uint16_t> begun;
  for (const auto& frame : frames)
    if (frame.kind == frame_kind::first)
      begun.push_back(frame.stream);
  CHECK(begun.size() == 32);
  CHECK(writer.grant(traffic_class::request, begun.front(), 500'000));
  frames = take(writer, plenty);
  CHECK(std::any_of(frames.begin(), frames.end(), [](const auto& frame) {
    return frame.kind == frame_kind::first;
  }));
}

TEST_CASE("a backlog that is full refuses more with overload") {
  frame_writer writer{1'000};
  std::string text(600, 'x');
  auto send_one = [&](traffic_class traffic) {
    return writer.send(traffic, 0, as_bytes_view(text));
  };
  CHECK(send_one(traffic_class::request));
  CHECK(send_one(traffic_class::request));
  auto refused = send_one(traffic_class::request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overload);
  CHECK(send_one(traffic_class::control));
  take(writer, plenty);
  CHECK(send_one(traffic_class::request));
}

TEST_CASE("what is handed out at once is bounded") {
  frame_writer writer{plenty};
  for (int i = 0; i < 10'000; ++i)
    send(writer, traffic_class::request, 1'000);
  byte_buffer out;
  writer.take(out, 128 * 1024);
  CHECK(out.size() >= 128 * 1024);
  CHECK(out.size() < 192 * 1024);
}
