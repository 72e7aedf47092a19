// What three layers of no-op calls cost on four nodes with a loop each, all in
// this process, over loopback. Spread: each node has a share of every layer's
// workers. Apart: no two layers have a node in common, so that each call
// crosses. Prints one JSON object: microseconds of each round.
//
// usage: fan_out_nodes PLUGIN LEAVES ROUNDS

#include "support/rounds.hpp"
#include "support/small_node.hpp"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

using namespace serval;
using namespace std::literals;

namespace {

/// How many workers a node has of each layer.
struct share {
  std::uint32_t roots;
  std::uint32_t middles;
  std::uint32_t leaves;
};

/// Whole requests wait, and are not refused.
constexpr std::uint32_t queue = 100'000;

/// Nodes that all know each other; the first is asked.
class cluster {
public:
  cluster(std::string name, const char* plugin, std::vector<share> shares)
    : found_(std::move(name)) {
    for (auto& each : shares)
      nodes_.emplace_back(small_node_setup{
        .plugin = plugin,
        .backends = {make_backend("root", each.roots, 1, queue),
                     make_backend("middle", each.middles, 16, queue),
                     make_backend("leaf", each.leaves, 1, queue)},
        .loops = 1,
        .name = "n" + std::to_string(nodes_.size())});
    for (auto& each : nodes_) {
      std::vector<peer_node> others;
      for (auto& other : nodes_)
        if (&other != &each)
          others.push_back(other.as_peer());
      each.use_peers(others);
    }
  }

  /// Whether all leaves answered: before the nodes have links, some cannot.
  bool ask(long leaves) {
    return nodes_.front().ask(std::to_string(leaves), 0, 60s).body
           == std::to_string(leaves);
  }

  void run(long leaves, bool counts) {
    bool all = false;
    found_.run([&] { all = ask(leaves); }, counts);
    if (!all) {
      std::fputs("not all leaves answered\n", stderr);
      std::exit(1);
    }
  }

  void print() const {
    found_.print();
  }

private:
  rounds found_;
  std::deque<small_node> nodes_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: fan_out_nodes PLUGIN LEAVES ROUNDS\n", stderr);
    return 2;
  }
  auto leaves = std::atol(argv[2]);
  auto count = std::atol(argv[3]);
  std::deque<cluster> sides;
  sides.emplace_back("spread", argv[1],
                     std::vector<share>{{1, 1, 2}, {0, 1, 2}, {0, 1, 2},
                                        {0, 1, 2}});
  sides.emplace_back("apart", argv[1],
                     std::vector<share>{{1, 0, 0}, {0, 4, 0}, {0, 0, 4},
                                        {0, 0, 4}});
  for (auto& each : sides)
    while (!each.ask(leaves)) {
      // Until all links are there.
    }
  // The first tenth warms up.
  for (long i = -count / 10 - 1; i < count; ++i)
    for (auto& each : sides)
      each.run(leaves, i >= 0);
  for (auto& each : sides) {
    std::printf("%s", &each == &sides.front() ? "{" : ", ");
    each.print();
  }
  std::printf("}\n");
}
