// Goal: no bytes from a client can hurt the daemon. Method: as for the worker
// protocol.

#include "wire/rpc_messages.hpp"

#include "rpc_generated.h"
#include "wire/builder.hpp"
#include "wire/damage.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace fr = serval::fbs::rpc;

namespace {

outcome_view rejected(std::uint16_t status) {
  outcome_view result;
  result.code = errc::rejected;
  result.reject_status = status;
  result.maybe_executed = true;
  result.body = "no such bank";
  return result;
}

outcome_view answer(std::string_view body) {
  outcome_view result;
  result.body = body;
  return result;
}

std::vector<rpc_message> samples() {
  return {
    rpc_call_message{1, "bank_monitor", 5s, priority::low, "id-1", "00-a-b-01",
                     "{\"points\":288}", "secret"},
    rpc_call_message{~std::uint64_t{0}, "", -1ns, priority::high, "", "",
                     "\0\xff"sv, ""},
    rpc_reply_message{1, answer("{}"), 0ms, "id-1"},
    rpc_reply_message{2, rejected(404), 0ms, ""},
    rpc_reply_message{3, outcome_view{outcome::failure(errc::overload, "")},
                      1500ms, "id-3"},
    rpc_cancel_message{1},
    rpc_cancel_message{0},
  };
}

template <class Build>
bool accepts(fr::RpcBody type, Build build) {
  reused_builder builder;
  builder.fresh();
  auto offset = build(builder.get());
  auto root = fr::CreateRpcMessage(builder.get(), type, offset.Union());
  aligned_bytes bytes{builder.finish(root, fr::RpcMessageIdentifier())};
  return decode_rpc_message(bytes.view()).has_value();
}

} // namespace

TEST_CASE("every message of client RPC comes back as it was") {
  rpc_encoder encoder;
  for (const auto& message : samples()) {
    CAPTURE(message.index());
    aligned_bytes bytes{encoder.encode(message)};
    auto decoded = decode_rpc_message(bytes.view());
    REQUIRE(decoded);
    CHECK(*decoded == message);
  }
}

TEST_CASE("an RPC message cut short at any byte is refused or was whole") {
  rpc_encoder encoder;
  for (const auto& message : samples()) {
    aligned_bytes bytes{encoder.encode(message)};
    for_each_truncation(bytes.view(), [&](bytes_view cut) {
      if (auto decoded = decode_rpc_message(cut))
        CHECK(*decoded == message);
    });
  }
}

TEST_CASE("random damage never does more than spoil an RPC message") {
  rpc_encoder encoder;
  rpc_encoder again;
  std::uint64_t seed = 1;
  for (const auto& message : samples()) {
    aligned_bytes bytes{encoder.encode(message)};
    for_each_damage(bytes.view(), seed++, 5'000, [&](bytes_view damaged) {
      if (auto decoded = decode_rpc_message(damaged))
        CHECK_FALSE(again.encode(*decoded).empty());
    });
  }
}

TEST_CASE("an RPC message without meaning is refused") {
  CHECK(accepts(fr::RpcBody::Cancel,
                [](auto& b) { return fr::CreateCancel(b, 1); }));
  CHECK_FALSE(accepts(fr::RpcBody::NONE,
                      [](auto& b) { return fr::CreateCancel(b, 1); }));
  CHECK_FALSE(accepts(static_cast<fr::RpcBody>(77),
                      [](auto& b) { return fr::CreateCancel(b, 1); }));
  SUBCASE("call without an id") {
    CHECK_FALSE(accepts(fr::RpcBody::Call, [](auto& b) {
      return fr::CreateCallDirect(b, 0, "app");
    }));
  }
  SUBCASE("call without an application") {
    CHECK_FALSE(accepts(fr::RpcBody::Call, [](auto& b) {
      auto start = b.StartTable();
      b.template AddElement<std::uint64_t>(fr::Call::VT_ID, 1, 0);
      return flatbuffers::Offset<fr::Call>(b.EndTable(start));
    }));
  }
  SUBCASE("priority out of range") {
    CHECK_FALSE(accepts(fr::RpcBody::Call, [](auto& b) {
      return fr::CreateCallDirect(b, 1, "app", 0,
                                  static_cast<fbs::Priority>(9));
    }));
  }
  SUBCASE("status of a rejection that is none") {
    CHECK_FALSE(accepts(fr::RpcBody::Reply, [](auto& b) {
      return fr::CreateReplyDirect(b, 1, fbs::Failure::rejected, 500);
    }));
  }
}
