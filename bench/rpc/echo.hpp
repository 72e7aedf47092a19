#pragma once

// What the programs of this folder share: their command line, and how a closed
// loop of echoes is counted. Each serves in one process and asks from another,
// one thread a side, so that `bench/run rpc_echo` can give each a core.
//
// usage: NAME server                  prints its port and serves until killed
//        NAME client PORT SECONDS IN_FLIGHT BYTES [MORE…]

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace echo {

struct settings {
  std::uint16_t port = 0;
  double seconds = 1;
  int in_flight = 1;
  std::string body;
};

/// Whether the command line asks for a server; ends the program if it is wrong.
inline bool is_server(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == "server")
    return true;
  if (argc >= 6 && std::string_view{argv[1]} == "client")
    return false;
  std::fprintf(stderr,
               "usage: %s server | client PORT SECONDS IN_FLIGHT BYTES\n",
               argv[0]);
  std::exit(2);
}

/// REQUIRES: not is_server
inline settings client_settings(char** argv) {
  return {static_cast<std::uint16_t>(std::atoi(argv[2])), std::atof(argv[3]),
          std::atoi(argv[4]),
          std::string(static_cast<std::size_t>(std::atol(argv[5])), 'x')};
}

inline void print_port(std::uint16_t port) {
  std::printf("%u\n", port);
  std::fflush(stdout);
}

[[noreturn]] inline void fail(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::_Exit(1);
}

/// Counts round trips. The first fifth of the time warms up.
class round_trips {
public:
  explicit round_trips(double seconds)
    : begin_(clock::now() + span_of(seconds / 5)),
      end_(begin_ + span_of(seconds)) {
    // nop
  }

  /// One more answer has come. False once the time is over.
  bool count() {
    // Reading the clock each time would cost as much as a small message.
    if (++seen_ % 16 != 0)
      return true;
    auto now = clock::now();
    if (now < begin_) {
      started_ = now;
      first_ = seen_;
    } else if (now >= end_) {
      elapsed_ = std::chrono::duration<double>(now - started_).count();
      return false;
    }
    return true;
  }

  void print() const {
    std::printf("{\"per_second\": %.1f, \"count\": %llu}\n",
                static_cast<double>(seen_ - first_) / elapsed_,
                static_cast<unsigned long long>(seen_));
  }

private:
  using clock = std::chrono::steady_clock;

  static clock::duration span_of(double seconds) {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
  }

  clock::time_point begin_;
  clock::time_point end_;
  clock::time_point started_ = clock::now();
  std::uint64_t seen_ = 0;
  std::uint64_t first_ = 0;
  double elapsed_ = 0;
};

} // namespace echo
