#include "wire/link_messages.hpp"

#include "wire/damage.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

std::vector<link_message> samples() {
  return {
    link_hello{"cluster", "node-1", "boot-9", 1, 3, link_role::node, 1 << 26},
    link_hello{"", "", "", 1, 1, link_role::client, 0},
    link_refusal{"speak protocol 2", 2, 2},
    link_ping{1},
    link_pong{~std::uint64_t{0}},
    link_credit{1, 65535, 1 << 20},
  };
}

} // namespace

TEST_CASE("every message between the ends of a link comes back as it was") {
  for (const auto& message : samples()) {
    CAPTURE(message.index());
    aligned_bytes bytes{as_bytes_view(encode_link_message(message))};
    auto decoded = decode_link_message(bytes.view());
    REQUIRE(decoded);
    CHECK(*decoded == message);
  }
}

TEST_CASE("a damaged link message is refused or has some meaning") {
  std::uint64_t seed = 1;
  for (const auto& message : samples()) {
    aligned_bytes bytes{as_bytes_view(encode_link_message(message))};
    auto encode_again = [](bytes_view damaged) {
      if (auto decoded = decode_link_message(damaged))
        CHECK_FALSE(encode_link_message(*decoded).empty());
    };
    for_each_truncation(bytes.view(), encode_again);
    for_each_damage(bytes.view(), seed++, 5'000, encode_again);
  }
}

TEST_CASE("a hello whose protocol range is upside down is refused") {
  link_hello hello{"", "", "", 3, 2, link_role::node, 0};
  aligned_bytes bytes{as_bytes_view(encode_link_message(hello))};
  CHECK_FALSE(decode_link_message(bytes.view()));
}

TEST_CASE("every role has a name of its own") {
  CHECK(to_string(link_role::node) == "node");
  CHECK(to_string(link_role::none) != to_string(link_role::client));
}
