#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace serval {

/// What was typed for `serval bench`; empty where nothing was.
struct bench_options {
  std::string target;
  bool rpc = false;
  bool allow_remote = false;
  std::string rate;
  std::string trace;
  std::string speed;
  std::string scale;
  std::string trace_from;
  std::string arrivals;
  std::string in_flight;
  std::string duration;
  std::string warm_up;
  std::string timeout;
  std::string retries;
  bool expect_echo = false;
  std::string threads;
  std::string connections;
  std::string seed;
  std::string method;
  std::vector<std::string> bodies;
  std::vector<std::string> headers;
  std::string slo;
  std::string report;
  std::string log;
};

/// Declares the options on `command`.
void add_bench_flags(CLI::App& command, bench_options& options);

} // namespace serval
