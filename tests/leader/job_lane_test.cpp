#include "leader/job_lane.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace serval;

TEST_CASE("jobs run one after another, in the order in which they came") {
  std::deque<job_lane::job> pool;
  auto uut = std::make_shared<job_lane>(
    [&](job_lane::job what) { pool.push_back(std::move(what)); });
  std::vector<int> done;
  uut->run([&] { done.push_back(1); });
  uut->run([&] {
    done.push_back(2);
    uut->run([&] { done.push_back(4); });
  });
  uut->run([&] { done.push_back(3); });
  CHECK(done.empty());
  while (!pool.empty()) {
    // Never more than one is with the threads.
    CHECK(pool.size() == 1);
    auto next = std::move(pool.front());
    pool.pop_front();
    next();
  }
  CHECK(done == std::vector{1, 2, 3, 4});
  uut->run([&] { done.push_back(5); });
  REQUIRE(pool.size() == 1);
  pool.front()();
  CHECK(done.back() == 5);
}

TEST_CASE("jobs of many threads never overlap") {
  std::mutex mutex;
  std::vector<std::thread> pool;
  auto uut = std::make_shared<job_lane>([&](job_lane::job what) {
    std::lock_guard held{mutex};
    pool.emplace_back(std::move(what));
  });
  constexpr int count = 40;
  std::atomic<int> inside = 0;
  int overlaps = 0;
  int done = 0;
  std::promise<void> all;
  auto job = [&] {
    overlaps += ++inside > 1;
    --inside;
    if (++done == count)
      all.set_value();
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] {
      for (int j = 0; j < count / 4; ++j)
        uut->run(job);
    });
  for (auto& each : clients)
    each.join();
  all.get_future().wait();
  for (auto& each : pool)
    each.join();
  CHECK(overlaps == 0);
}
