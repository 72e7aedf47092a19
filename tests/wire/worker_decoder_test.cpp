// Goal: no bytes from a worker process can hurt the daemon. Method: damage good
// messages in every simple way; run under ASan and UBSan to see bad reads.

#include "wire/worker_decoder.hpp"

#include "wire/builder.hpp"
#include "wire/damage.hpp"
#include "wire/worker_encoder.hpp"
#include "wire/worker_samples.hpp"
#include "worker_generated.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace serval;

namespace fw = serval::fbs::worker;

namespace {

/// Touches all that a message lends, so that a bad view is noticed.
std::size_t read_all(const worker_message& message) {
  worker_encoder encoder;
  return encoder.encode(message).size();
}

/// Decodes a message whose body was built by hand.
template <class Build>
result<worker_message> decode_built(fw::WorkerBody type, Build build) {
  static std::vector<aligned_bytes> kept;
  reused_builder builder;
  builder.fresh();
  auto offset = build(builder.get());
  auto root = fw::CreateWorkerMessage(builder.get(), type, offset.Union());
  kept.emplace_back(builder.finish(root, fw::WorkerMessageIdentifier()));
  return decode_worker_message(kept.back().view());
}

} // namespace

TEST_CASE("a message cut short at any byte is refused or was whole") {
  worker_encoder encoder;
  for (const auto& message : sample_worker_messages()) {
    CAPTURE(message.index());
    aligned_bytes bytes{encoder.encode(message)};
    // What lacks nothing but padding at its end is still whole.
    for_each_truncation(bytes.view(), [&](bytes_view cut) {
      if (auto decoded = decode_worker_message(cut))
        CHECK(*decoded == message);
    });
  }
}

TEST_CASE("random damage never does more than spoil the message") {
  worker_encoder encoder;
  std::uint64_t seed = 1;
  for (const auto& message : sample_worker_messages()) {
    aligned_bytes bytes{encoder.encode(message)};
    for_each_damage(bytes.view(), seed++, 2'000, [](bytes_view damaged) {
      if (auto decoded = decode_worker_message(damaged))
        CHECK(read_all(*decoded) > 0);
    });
  }
}

TEST_CASE("bytes of another protocol are refused by their identifier") {
  worker_encoder encoder;
  aligned_bytes bytes{encoder.encode(worker_ping_message{1})};
  std::memcpy(bytes.data() + 4, "SVRP", 4);
  auto decoded = decode_worker_message(bytes.view());
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == errc::bad_request);
}

TEST_CASE("a message at an odd address is refused rather than misread") {
  worker_encoder encoder;
  auto encoded = encoder.encode(worker_ping_message{1});
  std::vector<std::byte> shifted(encoded.size() + 1);
  std::copy(encoded.begin(), encoded.end(), shifted.begin() + 1);
  CHECK_FALSE(decode_worker_message(bytes_view{shifted}.subspan(1)));
}

TEST_CASE("a list whose elements are not aligned is refused, not misread") {
  // A pong that names a running call at an odd place; found by a fuzzer.
  constexpr std::string_view pong{
    "\x20\x00\x00\x00\x53\x56\x57\x4b\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x08\x00\x0e\x00\x07\x00\x08\x00\x08\x00\x00\x00"
    "\x00\x00\x00\x12\x10\x00\x00\x00\x00\x00\x0a\x00"
    "\x1c\x00\x08\x00\x10\x00\x04\x00\x0a\x00\x00\x00"
    "\x1c\x00\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x02\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x5e\xd0\xb2\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    141};
  std::vector<std::byte> bytes(pong.size());
  std::memcpy(bytes.data(), pong.data(), pong.size());
  CHECK_FALSE(decode_worker_message(bytes_view{bytes}));
}

TEST_CASE("ids that are not aligned are read where they stand") {
  worker_encoder encoder;
  aligned_bytes bytes{encoder.encode(cancel_calls_message{{{1}, {2}, {3}}})};
  REQUIRE(decode_worker_message(bytes.view()));
  auto number_at = [&](std::size_t at) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof(number));
    return number;
  };
  // The list is "3, 1, 0, 2, 0, 3, 0" in half words. Its place is moved on by
  // four bytes, to where a list of one number seems to be.
  std::size_t list = 0;
  while (number_at(list) != 3 || number_at(list + 4) != 1)
    list += 4;
  std::size_t place = 0;
  while (place + number_at(place) != list)
    place += 4;
  auto moved = number_at(place) + 4;
  std::memcpy(bytes.data() + place, &moved, sizeof(moved));
  auto read = decode_worker_message(bytes.view());
  REQUIRE(read);
  CHECK(std::get<cancel_calls_message>(*read).calls
        == std::vector<call_id>{{std::uint64_t{2} << 32}});
}

TEST_CASE("sizes that do not add up to the bodies are refused") {
  auto batch = [](std::uint32_t size, std::uint32_t context) {
    return decode_built(fw::WorkerBody::CallBatch, [&](auto& builder) {
      std::vector<flatbuffers::Offset<fw::Context>> contexts{
        fw::CreateContext(builder)};
      std::vector<fw::CallHead> heads{{1, context, size}};
      std::vector<std::uint8_t> bodies(10, 'x');
      return fw::CreateCallBatchDirect(builder, 1, &contexts, &heads, &bodies);
    });
  };
  CHECK(batch(10, 0));
  CHECK_FALSE(batch(9, 0));
  CHECK_FALSE(batch(11, 0));
  CHECK_FALSE(batch(0xffffffff, 0));
  CHECK_FALSE(batch(10, 1));
}

TEST_CASE("outcomes that contradict themselves are refused") {
  auto done = [](std::uint16_t status, fbs::Failure failure,
                 std::uint8_t executed) {
    return decode_built(fw::WorkerBody::MapDone, [&](auto& builder) {
      std::vector<fw::OutcomeHead> heads{{0, status, failure, executed}};
      return fw::CreateMapDoneDirect(builder, 1, &heads);
    });
  };
  CHECK(done(0, fbs::Failure::none, 1));
  CHECK(done(404, fbs::Failure::rejected, 1));
  CHECK_FALSE(done(200, fbs::Failure::rejected, 1));
  CHECK_FALSE(done(404, fbs::Failure::none, 1));
  CHECK_FALSE(done(0, fbs::Failure::none, 2));
  CHECK_FALSE(done(0, static_cast<fbs::Failure>(200), 0));
}

TEST_CASE("a setting that is not what it claims to be is refused") {
  auto reconfigure = [](const char* value, fw::SettingType type, int copies) {
    return decode_built(fw::WorkerBody::Reconfigure, [&](auto& builder) {
      std::vector<flatbuffers::Offset<fw::Setting>> items;
      for (int i = 0; i < copies; ++i)
        items.push_back(fw::CreateSettingDirect(builder, "key", value, type));
      return fw::CreateReconfigureDirect(builder, 1, &items);
    });
  };
  CHECK(reconfigure("12", fw::SettingType::integer, 1));
  CHECK_FALSE(reconfigure("12", fw::SettingType::integer, 2));
  CHECK_FALSE(reconfigure("12x", fw::SettingType::integer, 1));
  CHECK_FALSE(reconfigure("", fw::SettingType::number, 1));
  CHECK_FALSE(reconfigure("yes", fw::SettingType::flag, 1));
  CHECK_FALSE(reconfigure("12", static_cast<fw::SettingType>(99), 1));
}

TEST_CASE("a message of unknown kind or without a body is refused") {
  auto ping = [](auto& builder) { return fw::CreatePing(builder, 1); };
  CHECK(decode_built(fw::WorkerBody::Ping, ping));
  CHECK_FALSE(decode_built(fw::WorkerBody::NONE, ping));
  CHECK_FALSE(decode_built(static_cast<fw::WorkerBody>(200), ping));
}
