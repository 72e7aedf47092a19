// What three layers cost: the same work as a serial loop in C++, on Serval's
// data plane with inline workers, and as plain CAF actors, in turn. Prints one
// JSON object: microseconds of each round.
//
// usage: fan_out PLUGIN LEAVES ROUNDS LOOPS WORKERS [SLEEP]
//
// WORKERS leaves of concurrency 1. With SLEEP (a duration such as 1ms) each
// leaf sleeps, and only Serval runs.

#include "caf_layers.hpp"

#include "support/rounds.hpp"
#include "support/small_node.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace serval;
using namespace std::literals;

namespace {

constexpr long width = 32;

// Not inlined, as a leaf in a plugin is not.
[[gnu::noinline]] std::string serial_leaf(const std::string& request) {
  asm volatile("");
  return request;
}

[[gnu::noinline]] long serial_middle(long count) {
  std::vector<std::string> pieces(static_cast<std::size_t>(count), "x");
  long answered = 0;
  for (auto& piece : pieces)
    answered += serial_leaf(piece) == "x";
  return answered;
}

long serial_root(long count) {
  long answered = 0;
  for (; count > 0; count -= width)
    answered += serial_middle(std::min(count, width));
  return answered;
}

/// A way to do the work, and what it took in each round.
class side {
public:
  side(const char* name, std::function<long()> work)
    : name_(name), work_(std::move(work)), found_(name) {
    // nop
  }

  void run(long wanted, bool counts) {
    long answered = 0;
    found_.run([&] { answered = work_(); }, counts);
    if (answered != wanted) {
      std::fprintf(stderr, "%s: %ld of %ld leaves answered\n", name_,
                   answered, wanted);
      std::exit(1);
    }
  }

  void print() const {
    found_.print();
  }

private:
  const char* name_;
  std::function<long()> work_;
  rounds found_;
};

/// Whole requests wait, and are not refused.
constexpr std::uint32_t queue = 100'000;

void print(const std::vector<side>& sides) {
  for (auto& each : sides) {
    std::printf("%s", &each == &sides[0] ? "{" : ", ");
    each.print();
  }
  std::printf("}\n");
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs("usage: fan_out PLUGIN LEAVES ROUNDS LOOPS WORKERS [SLEEP]\n",
               stderr);
    return 2;
  }
  auto leaves = std::atol(argv[2]);
  auto rounds = std::atol(argv[3]);
  auto loops = std::strtoul(argv[4], nullptr, 10);
  auto workers = static_cast<std::uint32_t>(std::atol(argv[5]));
  bool sleeps = argc > 6;
  settings config;
  if (sleeps)
    config.emplace("sleep", std::string{argv[6]});
  small_node node{{.plugin = argv[1],
                   .backends = {make_backend("root", 1, 1, queue),
                                make_backend("middle", 4, 16, queue),
                                make_backend("leaf", workers, 1, queue)},
                   .config = std::move(config),
                   .loops = loops}};
  std::vector<side> sides;
  sides.emplace_back("serval", [&] {
    auto answer = node.ask(std::to_string(leaves), 0, 60s);
    return std::atol(answer.body.c_str());
  });
  std::unique_ptr<caf_layers> actors;
  if (!sleeps) {
    actors = std::make_unique<caf_layers>(loops, 4, static_cast<int>(workers));
    sides.emplace_back("serial", [&] { return serial_root(leaves); });
    sides.emplace_back("caf", [&] { return actors->ask(leaves); });
  }
  // The first tenth warms up.
  for (long i = -rounds / 10 - 1; i < rounds; ++i)
    for (auto& each : sides)
      each.run(leaves, i >= 0);
  print(sides);
}
