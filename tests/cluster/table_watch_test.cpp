// Goal: what all nodes have acknowledged, and what is pinned nowhere, is right
// after any coming and going. Method: random ones, compared with a plain list.
#include "cluster/table_watch.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;

namespace {

struct plain_node {
  std::uint64_t acked = 0;
  std::set<release_number> pinned;
};

} // namespace

TEST_CASE("acknowledgements and pins are those of the nodes that are there") {
  random_source random{11};
  table_watch watch;
  std::map<std::string, plain_node> plain;
  for (int i = 0; i < 5000; ++i) {
    auto node = "n" + std::to_string(random.below(5));
    release_number release{1 + random.below(3)};
    switch (random.below(6)) {
      case 0:
        watch.sent(node, release);
        plain[node].pinned.insert(release);
        break;
      case 1: {
        auto acked = std::uint64_t{random.below(20)};
        watch.joined(node, acked, {release});
        plain[node] = {acked, {release}};
        break;
      }
      case 2:
      case 3: {
        auto version = std::uint64_t{random.below(40)};
        watch.acked(node, version);
        if (auto found = plain.find(node); found != plain.end())
          found->second.acked = std::max(found->second.acked, version);
        break;
      }
      case 4:
        watch.idle(node, release);
        if (auto found = plain.find(node); found != plain.end())
          found->second.pinned.erase(release);
        break;
      default:
        watch.forget(node);
        plain.erase(node);
    }
    auto least = plain.empty() ? 0 : ~std::uint64_t{0};
    for (const auto& [name, each] : plain)
      least = std::min(least, each.acked);
    CHECK(watch.acked_by_all() == least);
    for (std::uint64_t number = 1; number <= 3; ++number)
      CHECK(watch.pinned_anywhere({number})
            == std::ranges::any_of(plain, [&](const auto& each) {
                 return each.second.pinned.contains({number});
               }));
  }
}
