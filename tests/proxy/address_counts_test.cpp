#include "proxy/address_counts.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace serval;

namespace {

using place = address_counts::place;

std::vector<place> enter_all(address_counts& counts, std::uint64_t bits,
                             int times, bool v6 = false) {
  std::vector<place> held;
  for (int i = 0; i < times; ++i)
    if (auto taken = counts.enter({bits, v6}))
      held.push_back(std::move(taken));
  return held;
}

} // namespace

TEST_CASE("an address gets no more than its share, and it comes back") {
  address_counts counts{10, 1};
  auto held = enter_all(counts, 0x7f000001, 2000);
  CHECK(held.size() == 10);
  held.pop_back();
  CHECK(enter_all(counts, 0x7f000001, 5).size() == 1);
  held.clear();
  CHECK(enter_all(counts, 0x7f000001, 2000).size() == 10);
}

TEST_CASE("addresses hardly ever share their places") {
  address_counts counts{1, 42};
  std::vector<place> held;
  for (std::uint64_t bits = 0; bits < 1000; ++bits) {
    auto taken = enter_all(counts, bits, 1);
    std::ranges::move(taken, std::back_inserter(held));
  }
  // With 65,536 places some 8 of 1,000 meet another.
  CHECK(held.size() > 970);
}

TEST_CASE("IPv4 and IPv6 are told apart") {
  address_counts counts{1, 42};
  auto v4 = enter_all(counts, 5, 1);
  CHECK(enter_all(counts, 5, 1).empty());
  CHECK(enter_all(counts, 5, 1, true).size() == 1);
}
