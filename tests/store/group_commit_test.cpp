#include "store/group_commit.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

using namespace serval;

namespace {

result<void> pass(std::uint64_t) {
  return {};
}

result<void> nothing() {
  return {};
}

} // namespace

TEST_CASE("a write returns after its batch was written and sealed") {
  std::vector<std::string> log;
  auto note = [&](std::string what) -> result<void> {
    log.push_back(std::move(what));
    return {};
  };
  group_commit commit{
    {[&](auto n) { return note("write " + std::to_string(n)); },
     [&](auto n) { return note("seal " + std::to_string(n)); }},
    7};
  CHECK(commit.run([&] { return note("prepare"); }));
  CHECK(log == std::vector<std::string>{"prepare", "write 8", "seal 8"});
}

TEST_CASE("a write that is refused while prepared costs no sync") {
  auto calls = 0;
  auto count = [&](std::uint64_t) {
    ++calls;
    return nothing();
  };
  group_commit commit{{count, count}, 0};
  auto refused
    = commit.run([]() -> result<void> { return error{errc::conflict, "no"}; });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(calls == 0);
}

TEST_CASE("a stage that failed once acknowledges nothing any more") {
  for (auto write_fails : {true, false}) {
    auto calls = 0;
    auto fail = [&](std::uint64_t) -> result<void> {
      ++calls;
      return error{errc::store_failed, "no"};
    };
    group_commit commit{write_fails ? group_commit::stages{fail, pass}
                                    : group_commit::stages{pass, fail},
                        0};
    for (int i = 0; i < 3; ++i)
      CHECK(commit.run(nothing).error().code == errc::store_failed);
    CHECK(calls == 1);
  }
}

TEST_CASE("the next batch is written while the one before is sealed") {
  std::binary_semaphore first_sealing{0};
  std::binary_semaphore second_written{0};
  group_commit commit{{[&](std::uint64_t n) {
                         if (n == 2)
                           second_written.release();
                         return nothing();
                       },
                       [&](std::uint64_t n) {
                         // Only the second batch's write lets the first end.
                         if (n == 1) {
                           first_sealing.release();
                           second_written.acquire();
                         }
                         return nothing();
                       }},
                      0};
  std::thread first{[&] { CHECK(commit.run(nothing)); }};
  first_sealing.acquire();
  CHECK(commit.run(nothing));
  first.join();
}

TEST_CASE("many writers get exactly their own outcomes") {
  std::atomic<std::uint64_t> batches = 0;
  std::atomic<std::uint64_t> sealed = 0;
  std::atomic<bool> busy = false;
  auto prepared = 0;
  auto written = 0;
  group_commit commit{{[&](std::uint64_t n) {
                         CHECK_FALSE(busy.exchange(true));
                         CHECK(n == ++batches);
                         written = prepared;
                         busy = false;
                         return nothing();
                       },
                       [&](std::uint64_t n) {
                         CHECK(n <= batches);
                         CHECK(n > sealed);
                         sealed = n;
                         return nothing();
                       }},
                      0};
  constexpr int writers = 16;
  constexpr int rounds = 300;
  std::atomic<int> accepted = 0;
  std::atomic<int> mixed_up = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < rounds; ++round) {
        auto bad = (i + round) % 7 == 0;
        auto done = commit.run([&]() -> result<void> {
          if (bad)
            return error{errc::conflict, ""};
          ++prepared;
          return {};
        });
        accepted += done.has_value();
        mixed_up += done.has_value() == bad;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(mixed_up == 0);
  CHECK(written == accepted);
  CHECK(sealed == batches);
  CHECK(batches <= static_cast<std::uint64_t>(accepted));
}
