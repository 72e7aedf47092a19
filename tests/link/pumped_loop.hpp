#pragma once

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace serval {

/// A loop that the test runs itself, until a condition holds.
class pumped_loop {
public:
  boost::asio::io_context& context() {
    return context_;
  }

  /// Fails the test if the condition does not hold within seconds.
  template <class Condition>
  void run_until(Condition condition) {
    auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
      REQUIRE(std::chrono::steady_clock::now() < limit);
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds{10});
    }
  }

private:
  boost::asio::io_context context_{1};
};

} // namespace serval
