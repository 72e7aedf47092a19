#include "wire/peer_messages.hpp"

#include "wire/damage.hpp"
#include "wire/worker_samples.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace serval;
using namespace std::literals;

namespace {

/// At least one message of every kind, ordinary and odd.
std::vector<peer_message> samples() {
  std::vector<peer_message> result;
  result.push_back(peer_open{peer_purpose::calls});
  result.push_back(peer_open{peer_purpose::control});
  result.push_back(peer_attach{1, "shop", {7}});
  result.push_back(peer_detach{1});
  result.push_back(peer_cancel{1, {{3}, {~std::uint64_t{0}}}});
  result.push_back(peer_drain_acknowledged{1, {9}});
  result.push_back(peer_worker_up{1, {9}, "bank", 4});
  result.push_back(peer_worker_drain{1, {9}});
  result.push_back(peer_worker_down{1, {9}, {}});
  result.push_back(peer_worker_down{1, {9}, std::vector<call_id>{}});
  result.push_back(peer_worker_down{1, {9}, std::vector<call_id>{{3}, {4}}});
  result.push_back(peer_suspended{1, {9}, -1});
  result.push_back(peer_silence{1, {9}, true});
  for (auto& each : sample_worker_messages()) {
    if (auto* calls = std::get_if<call_batch_message>(&each))
      result.push_back(peer_calls{2, *calls});
    if (auto* results = std::get_if<result_batch_message>(&each))
      result.push_back(peer_results{2, {9}, 5us, 17, *results});
  }
  return result;
}

} // namespace

TEST_CASE("every message between nodes comes back as it was") {
  peer_encoder encoder;
  std::set<std::size_t> kinds;
  for (const auto& message : samples()) {
    CAPTURE(message.index());
    kinds.insert(message.index());
    aligned_bytes bytes{encoder.encode(message)};
    auto decoded = decode_peer_message(bytes.view());
    REQUIRE(decoded);
    CHECK(*decoded == message);
  }
  CHECK(kinds.size() == std::variant_size_v<peer_message>);
}

TEST_CASE("a node's message cut short anywhere is refused or was whole") {
  peer_encoder encoder;
  for (const auto& message : samples()) {
    CAPTURE(message.index());
    aligned_bytes bytes{encoder.encode(message)};
    for_each_truncation(bytes.view(), [&](bytes_view cut) {
      if (auto decoded = decode_peer_message(cut))
        CHECK(*decoded == message);
    });
  }
}

TEST_CASE("random damage to a node's message does no more than spoil it") {
  peer_encoder encoder;
  std::uint64_t seed = 1;
  for (const auto& message : samples()) {
    aligned_bytes bytes{encoder.encode(message)};
    for_each_damage(bytes.view(), seed++, 2'000, [](bytes_view damaged) {
      peer_encoder again;
      if (auto decoded = decode_peer_message(damaged))
        CHECK(again.encode(*decoded).size() > 0);
    });
  }
}

TEST_CASE("a worker that runs no calls at all is no worker") {
  peer_encoder encoder;
  aligned_bytes bytes{encoder.encode(peer_worker_up{1, {9}, "bank", 0})};
  CHECK_FALSE(decode_peer_message(bytes.view()));
}
