#include "wire/worker_encoder.hpp"

#include "wire/damage.hpp"
#include "wire/worker_decoder.hpp"
#include "wire/worker_samples.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace serval;

TEST_CASE("every message between daemon and worker process comes back as it "
          "was") {
  worker_encoder encoder;
  std::set<std::size_t> kinds;
  for (const auto& message : sample_worker_messages()) {
    CAPTURE(message.index());
    kinds.insert(message.index());
    aligned_bytes bytes{encoder.encode(message)};
    auto decoded = decode_worker_message(bytes.view());
    REQUIRE(decoded);
    CHECK(*decoded == message);
  }
  CHECK(kinds.size() == std::variant_size_v<worker_message>);
}

TEST_CASE("a batch of many calls shares one context and keeps its bodies "
          "apart") {
  std::vector<std::string> bodies;
  for (int i = 0; i < 10'000; ++i)
    bodies.push_back(std::to_string(i));
  call_batch_message batch{{1}, {{"r", "", duration{5}}}, {}};
  for (std::size_t i = 0; i < bodies.size(); ++i)
    batch.calls.push_back({{i + 1}, 0, bodies[i]});
  worker_encoder encoder;
  aligned_bytes bytes{encoder.encode(batch)};
  CHECK(bytes.view().size() < bodies.size() * 21);
  auto decoded = decode_worker_message(bytes.view());
  REQUIRE(decoded);
  CHECK(*decoded == worker_message{batch});
}

TEST_CASE("an encoder that has written something huge is good as new") {
  std::string huge(4 * 1024 * 1024, 'x');
  worker_encoder encoder;
  CHECK(encoder.encode(map_begin_message{{1}, {2}, "b", {}, 0, {}, {huge}})
          .size()
        > huge.size());
  aligned_bytes bytes{encoder.encode(worker_ping_message{3})};
  auto decoded = decode_worker_message(bytes.view());
  REQUIRE(decoded);
  CHECK(*decoded == worker_message{worker_ping_message{3}});
}

TEST_CASE("a message longer than any may be is not written at all") {
  // The same piece many times over costs no memory here.
  std::string piece(16 * 1024 * 1024, 'x');
  std::vector<std::string_view> pieces(65, piece);
  worker_encoder encoder;
  CHECK(encoder.encode(map_begin_message{{1}, {2}, "b", {}, 0, {}, pieces})
          .empty());
}
