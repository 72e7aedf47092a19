#include "backend/process_pool.hpp"

#include "backend/process_fixture.hpp"

#include <csignal>
#include <set>

using namespace serval;

namespace {

struct pooled {
  recorder told;
  std::unique_ptr<process_body> body;
};

/// Workers of one pool.
struct pool_of {
  pool_of(process_world& world, std::uint32_t workers,
          std::uint32_t workers_per_process)
    : world(world),
      pool(world.home, world.from, process_world::options("test_strategy"),
           workers_per_process),
      all(workers) {
    world.on_loop([&] {
      for (auto& each : all)
        start(each);
    });
    for (auto& each : all)
      each.told.await_ready();
  }

  ~pool_of() {
    world.on_loop([&] {
      for (auto& each : all)
        each.body.reset();
    });
  }

  void start(pooled& each) {
    each.body = pool.start_worker({"process", {}, {}},
                                  static_cast<std::uint32_t>(all.size()),
                                  each.told);
  }

  /// The process that each worker says to be in.
  std::vector<std::string> pids() {
    ++last_id;
    std::vector<std::string> found;
    world.on_loop([&] {
      for (std::size_t i = 0; i < all.size(); ++i)
        all[i].body->submit({one_worker::call(last_id * 1000 + i, "")});
    });
    for (std::size_t i = 0; i < all.size(); ++i)
      found.push_back(all[i].told.await_result(last_id * 1000 + i).body);
    return found;
  }

  process_world& world;
  process_pool pool;
  std::vector<pooled> all;
  std::uint64_t last_id = 0;
};

} // namespace

TEST_CASE("64 workers have 64 processes") {
  process_world world;
  pool_of workers{world, 64, 0};
  auto pids = workers.pids();
  CHECK(std::set<std::string>{pids.begin(), pids.end()}.size() == 64);
}

TEST_CASE("64 workers share 4 processes if told to, 16 in each") {
  process_world world;
  pool_of workers{world, 64, 16};
  std::map<std::string, int> loads;
  for (auto& pid : workers.pids())
    ++loads[pid];
  REQUIRE(loads.size() == 4);
  for (auto& [pid, load] : loads)
    CHECK(load == 16);
}

TEST_CASE("a process that dies takes its workers along and no others") {
  process_world world;
  pool_of workers{world, 8, 4};
  auto before = workers.pids();
  ::kill(std::stoi(before[0]), SIGKILL);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] == before[0])
      workers.all[i].told.await_end();
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(workers.all[i].told.is_ended == (before[i] == before[0]));
  // Started again, they share one new process.
  world.on_loop([&] {
    for (auto& each : workers.all)
      if (each.told.is_ended) {
        each.told.is_ready = each.told.is_ended = false;
        workers.start(each);
      }
  });
  for (auto& each : workers.all)
    each.told.await_ready();
  auto after = workers.pids();
  CHECK(std::set<std::string>{after.begin(), after.end()}.size() == 2);
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK((after[i] == before[i]) == (before[i] != before[0]));
}
