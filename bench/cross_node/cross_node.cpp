// What it costs that a worker is on another node: the same closed loop of
// requests on a node with a worker of its own, and on one whose only worker is
// on another node, over loopback. Each node has one loop; all are in one
// process. Prints one JSON object: for each side microseconds per request of
// each round.
//
// usage: cross_node PLUGIN BYTES IN_FLIGHT REQUESTS ROUNDS

#include "support/rounds.hpp"
#include "support/small_node.hpp"

#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

using namespace serval;
using namespace std::literals;

namespace {

/// A closed loop of requests, on the node's loop.
class closed_loop {
public:
  closed_loop(small_node& node, std::string body)
    : node_(node), body_(std::move(body)) {
    // nop
  }

  void run(std::size_t in_flight, std::size_t count) {
    to_begin_ = count;
    to_end_ = count;
    done_ = {};
    node_.on_loop(0, [this, in_flight](request_entry& entry) {
      for (std::size_t i = 0; i < in_flight; ++i)
        begin(entry);
    });
    done_.get_future().wait();
  }

private:
  void begin(request_entry& entry) {
    if (to_begin_ == 0)
      return;
    --to_begin_;
    external_request request;
    request.body = body_;
    request.context.deadline = std::chrono::steady_clock::now() + 10s;
    entry.start(std::move(request), [this, &entry](outcome what) {
      if (what.body != body_) {
        std::fprintf(stderr, "a request failed: %s\n", what.body.c_str());
        std::exit(1);
      }
      if (--to_end_ == 0)
        return done_.set_value();
      // Not from within the answer, or each request would nest in the last.
      node_.on_loop(0, [this](request_entry& next) { begin(next); });
    });
  }

  small_node& node_;
  std::string body_;
  std::size_t to_begin_ = 0;
  std::size_t to_end_ = 0;
  std::promise<void> done_;
};

struct side {
  closed_loop load;
  rounds found;
};

small_node_setup node_of(const char* plugin, const char* name,
                         std::uint32_t workers) {
  small_node_setup setup;
  setup.plugin = plugin;
  setup.backends = {make_backend("echo", workers, 64)};
  setup.loops = 1;
  setup.name = name;
  return setup;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs("usage: cross_node PLUGIN BYTES IN_FLIGHT REQUESTS ROUNDS\n",
               stderr);
    return 2;
  }
  std::string body(std::strtoul(argv[2], nullptr, 10), 'x');
  auto in_flight = std::strtoul(argv[3], nullptr, 10);
  auto requests = std::strtoul(argv[4], nullptr, 10);
  auto round_count = std::atoi(argv[5]);
  small_node whole{node_of(argv[1], "whole", 1)};
  small_node caller{node_of(argv[1], "caller", 0)};
  small_node worker{node_of(argv[1], "worker", 1)};
  caller.use_peers({worker.as_peer()});
  while (!caller.ask(body).ok()) {
    // Until the worker is known.
  }
  side sides[] = {{{whole, body}, rounds{"local"}},
                  {{caller, body}, rounds{"remote"}}};
  // The first warms up.
  for (int round = 0; round <= round_count; ++round)
    for (auto& each : sides)
      each.found.run([&] { each.load.run(in_flight, requests); }, round > 0,
                     static_cast<double>(requests));
  for (auto& each : sides) {
    std::printf("%s", &each == sides ? "{" : ", ");
    each.found.print();
  }
  std::printf("}\n");
}
