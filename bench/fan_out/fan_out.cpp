// What three layers cost: the same work as a serial loop in C++, on Serval's
// data plane with inline workers, and as plain CAF actors, in turn. Prints one
// JSON object: microseconds of each round.
//
// usage: fan_out PLUGIN LEAVES ROUNDS LOOPS WORKERS [SLEEP]
//
// WORKERS leaves of concurrency 1. With SLEEP (a duration such as 1ms) each
// leaf sleeps, and only Serval runs.

#include "caf_layers.hpp"

#include "support/small_node.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
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

double clock_us(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<double>(now.tv_sec) * 1e6
         + static_cast<double>(now.tv_nsec) / 1e3;
}

/// What a side took in each round.
struct side {
  const char* name;
  std::function<long()> work;
  std::vector<double> wall_us;
  std::vector<double> cpu_us;

  void run(long wanted, bool counts) {
    auto wall = clock_us(CLOCK_MONOTONIC);
    auto cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    auto found = work();
    wall = clock_us(CLOCK_MONOTONIC) - wall;
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (found != wanted) {
      std::fprintf(stderr, "%s: %ld of %ld leaves answered\n", name, found,
                   wanted);
      std::exit(1);
    }
    if (counts) {
      wall_us.push_back(wall);
      cpu_us.push_back(cpu);
    }
  }
};

backend_spec wide_backend(std::string name, std::uint32_t workers,
                          std::uint32_t concurrency) {
  auto spec = make_backend(std::move(name), workers, concurrency);
  spec.queue = 100'000;
  return spec;
}

void print(const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    std::printf("%s%.2f", i > 0 ? ", " : "", values[i]);
}

void print(const std::vector<side>& sides) {
  for (auto& each : sides) {
    std::printf("%s\"%s\": {\"wall_us\": [", &each == &sides[0] ? "{" : ", ",
                each.name);
    print(each.wall_us);
    std::printf("], \"cpu_us\": [");
    print(each.cpu_us);
    std::printf("]}");
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
                   .backends = {wide_backend("root", 1, 1),
                                wide_backend("middle", 4, 16),
                                wide_backend("leaf", workers, 1)},
                   .config = std::move(config),
                   .loops = loops}};
  std::vector<side> sides;
  sides.push_back({"serval",
                   [&] {
                     auto answer = node.ask(std::to_string(leaves), 0, 60s);
                     return std::atol(answer.body.c_str());
                   },
                   {},
                   {}});
  std::unique_ptr<caf_layers> actors;
  if (!sleeps) {
    actors = std::make_unique<caf_layers>(loops, 4, static_cast<int>(workers));
    sides.push_back({"serial", [&] { return serial_root(leaves); }, {}, {}});
    sides.push_back({"caf", [&] { return actors->ask(leaves); }, {}, {}});
  }
  // The first tenth warms up.
  for (long i = -rounds / 10 - 1; i < rounds; ++i)
    for (auto& each : sides)
      each.run(leaves, i >= 0);
  print(sides);
}
