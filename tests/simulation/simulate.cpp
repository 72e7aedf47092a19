// Lets worlds live, one seed after the other, until the time is over or a
// promise is broken. tools/simulate starts one of these per core.
//
// usage: simulate [--cluster] [--first SEED] [--step N] [--count N]
//                 [--seconds S] [--talk]
//
// Prints lines of JSON, each with all that is known so far.
#include "simulation/cluster/cluster_world.hpp"
#include "simulation/world.hpp"

#include <fmt/core.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace serval::simulation;

namespace {

struct options {
  std::uint64_t first = 1;
  std::uint64_t step = 1;
  std::uint64_t count = ~std::uint64_t{0};
  double seconds = 1e9;
  bool talk = false;
  /// Worlds of many nodes, not of one machine.
  bool cluster = false;
};

options parse(int argc, char** argv) {
  options out;
  for (int i = 1; i < argc; ++i) {
    std::string_view flag = argv[i];
    if (flag == "--talk" || flag == "--cluster") {
      (flag == "--talk" ? out.talk : out.cluster) = true;
      continue;
    }
    auto* value = i + 1 < argc ? argv[++i] : "";
    if (flag == "--first")
      out.first = std::strtoull(value, nullptr, 10);
    else if (flag == "--step")
      out.step = std::strtoull(value, nullptr, 10);
    else if (flag == "--count")
      out.count = std::strtoull(value, nullptr, 10);
    else if (flag == "--seconds")
      out.seconds = std::strtod(value, nullptr);
    else {
      fmt::print(stderr, "unknown option {}\n", flag);
      std::exit(2);
    }
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (auto each : text) {
    if (each == '"' || each == '\\')
      out += '\\';
    out += each;
  }
  return out;
}

double now_s() {
  return std::chrono::duration<double>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

/// What is known so far, for whoever starts this.
struct tally {
  std::uint64_t worlds = 0;
  std::uint64_t events = 0;
  double virtual_s = 0;
  std::uint64_t trace = 0;
  /// What happened in worlds of many nodes, and how often.
  std::vector<cluster_fact> facts;
  std::string violations;

  void print(std::uint64_t seed) const {
    fmt::print("{{\"seed\": {}, \"worlds\": {}, \"events\": {}, "
               "\"virtual_seconds\": {:.1f}, \"trace\": \"{:016x}\", "
               "\"facts\": {{{}}}, \"violations\": [{}]}}\n",
               seed, worlds, events, virtual_s, trace, facts_text(),
               violations);
    std::fflush(stdout);
  }

  void add(const std::vector<cluster_fact>& more) {
    facts.resize(more.size());
    for (std::size_t i = 0; i < more.size(); ++i)
      facts[i] = {more[i].name, facts[i].times + more[i].times};
  }

  std::string facts_text() const {
    std::string out;
    for (const auto& each : facts)
      out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ", each.name,
                         each.times);
    return out;
  }

  void add(std::uint64_t seed, std::string_view promise,
           std::string_view text) {
    violations = fmt::format(
      "{{\"seed\": {}, \"promise\": \"{}\", \"text\": \"{}\"}}", seed,
      promise, escaped(text));
  }
};

std::uint64_t current_seed = 0;
tally known;

/// An assertion of the product is a promise as well.
void on_abort(int) {
  ++known.worlds;
  known.add(current_seed, "assertions hold", "a core has aborted");
  known.print(current_seed);
  std::_Exit(1);
}

history live(const options& how) {
  if (!how.cluster)
    return world{current_seed, how.talk}.live();
  cluster_world one{current_seed, how.talk};
  auto found = one.live();
  known.add(facts_of(one.counts()));
  return found;
}

} // namespace

int main(int argc, char** argv) {
  auto how = parse(argc, argv);
  std::signal(SIGABRT, on_abort);
  std::signal(SIGSEGV, on_abort);
  auto begun = now_s();
  auto printed = begun;
  for (current_seed = how.first;
       known.worlds < how.count && now_s() - begun < how.seconds
       && known.violations.empty();
       current_seed += how.step) {
    auto found = live(how);
    ++known.worlds;
    known.events += found.events;
    known.virtual_s += std::chrono::duration<double>(found.lived).count();
    known.trace = found.trace;
    if (found.broken)
      known.add(current_seed, found.broken->promise, found.broken->text);
    if (auto now = now_s(); now - printed > 0.5) {
      printed = now;
      known.print(current_seed);
    }
  }
  known.print(current_seed);
  return known.violations.empty() ? 0 : 1;
}
