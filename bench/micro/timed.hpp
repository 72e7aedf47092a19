#pragma once

// How the programs of this folder time something that takes nanoseconds.

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace micro {

inline constexpr int rounds = 15;
inline constexpr double round_ns = 20e6;

/// Tells the compiler that somebody looks at `value`.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// Processor time of this thread: what else runs on the machine does not count.
inline double cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9
         + static_cast<double>(now.tv_nsec);
}

template <class Work>
double used_ns(std::size_t times, Work& work) {
  auto start = cpu_ns();
  for (std::size_t i = 0; i < times; ++i)
    work();
  return cpu_ns() - start;
}

/// Prints a line of JSON: what one of the `items` things that `work` does takes
/// in ns, as the median and the least of several rounds.
template <class Work>
void measure(const char* what, std::size_t items, Work work) {
  std::size_t times = 1;
  while (used_ns(times, work) < round_ns)
    times *= 2;
  std::vector<double> found;
  for (int i = 0; i < rounds; ++i)
    found.push_back(used_ns(times, work)
                    / static_cast<double>(times * items));
  std::sort(found.begin(), found.end());
  std::printf("{\"what\": \"%s\", \"ns\": %.2f, \"ns_min\": %.2f}\n", what,
              found[found.size() / 2], found.front());
}

} // namespace micro
