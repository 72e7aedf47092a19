#include "fiber/fiber.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace serval;

namespace {

void call(void* what) noexcept {
  (*static_cast<std::function<void()>*>(what))();
}

} // namespace

TEST_CASE("a fiber runs until it suspends, then on, then is idle") {
  stack_pool stacks{64 * 1024};
  fiber one{stacks};
  std::string trace;
  std::function<void()> body = [&] {
    trace += "a";
    one.suspend();
    trace += "b";
    one.suspend();
    trace += "c";
  };
  CHECK(one.idle());
  one.start(call, &body);
  one.run();
  trace += "1";
  one.run();
  trace += "2";
  CHECK_FALSE(one.idle());
  one.run();
  CHECK(trace == "a1b2c");
  CHECK(one.idle());
}

TEST_CASE("a finished fiber can be started again") {
  stack_pool stacks{64 * 1024};
  fiber one{stacks};
  int runs = 0;
  std::function<void()> body = [&] { ++runs; };
  for (int i = 0; i < 3; ++i) {
    one.start(call, &body);
    one.run();
  }
  CHECK(runs == 3);
}

TEST_CASE("exceptions of fibers that take turns in catch blocks do not mix") {
  stack_pool stacks{64 * 1024};
  std::vector<std::string> seen;
  std::vector<std::unique_ptr<fiber>> fibers;
  std::vector<std::function<void()>> bodies;
  for (int i = 0; i < 3; ++i)
    fibers.push_back(std::make_unique<fiber>(stacks));
  for (int i = 0; i < 3; ++i)
    bodies.emplace_back([&, i] {
      try {
        throw std::runtime_error{std::to_string(i)};
      } catch (const std::runtime_error&) {
        fibers[i]->suspend();
        try {
          throw; // The one this fiber is handling, not another's.
        } catch (const std::runtime_error& error) {
          fibers[i]->suspend();
          seen.push_back(error.what());
        }
      }
      CHECK(std::current_exception() == nullptr);
    });
  for (int i = 0; i < 3; ++i)
    fibers[i]->start(call, &bodies[i]);
  for (auto i : {0, 1, 2, 2, 0, 1, 1, 2, 0})
    fibers[i]->run();
  CHECK(seen == std::vector<std::string>{"1", "2", "0"});
  CHECK(std::current_exception() == nullptr);
  CHECK(std::uncaught_exceptions() == 0);
}
