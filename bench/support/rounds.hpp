#pragma once

// How programs with several sides, which take turns, time them.

#include <time.h>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace serval {

inline double clock_us(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return static_cast<double>(now.tv_sec) * 1e6
         + static_cast<double>(now.tv_nsec) / 1e3;
}

/// What one side took in each round, and the processor time of all threads.
class rounds {
public:
  explicit rounds(std::string name) : name_(std::move(name)) {
    // nop
  }

  /// Runs `work`, which does `count` of what is reported.
  template <class Work>
  void run(Work&& work, bool counts, double count = 1) {
    auto wall = clock_us(CLOCK_MONOTONIC);
    auto cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    work();
    wall = clock_us(CLOCK_MONOTONIC) - wall;
    cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (!counts)
      return;
    wall_us_.push_back(wall / count);
    cpu_us_.push_back(cpu / count);
  }

  /// As a member of a JSON object.
  void print() const {
    std::printf("\"%s\": {\"wall_us\": [", name_.c_str());
    print(wall_us_);
    std::printf("], \"cpu_us\": [");
    print(cpu_us_);
    std::printf("]}");
  }

private:
  static void print(const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      std::printf("%s%.3f", i > 0 ? ", " : "", values[i]);
  }

  std::string name_;
  std::vector<double> wall_us_;
  std::vector<double> cpu_us_;
};

} // namespace serval
