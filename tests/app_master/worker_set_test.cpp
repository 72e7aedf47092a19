// Goal: what is kept about all workers is what could be counted. Method: every
// kind of change, in any order; the turns of app_masters are checked in
// app_master_random_test.
#include "app_master/worker_set.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

worker_slot slot(std::uint64_t id, std::string backend = "back") {
  worker_slot out;
  out.key = {{id}, 1};
  out.release = {1};
  out.backend = std::move(backend);
  return out;
}

} // namespace

TEST_CASE("workers are counted where they are and as they are") {
  worker_set uut;
  for (std::uint64_t id : {3, 1, 2})
    uut.set_state(uut.add(slot(id)), worker_state::ready);
  uut.add(slot(4, "front"));
  const auto& back = uut.of({1}, "back");
  CHECK(back.present == 3);
  CHECK(back.wanted == 3);
  CHECK(back.serving == std::vector<worker_id>{{1}, {2}, {3}});
  CHECK(uut.unsettled() == std::vector<worker_id>{{4}});
  CHECK(uut.of({2}, "back").present == 0);

  uut.set_failures(*uut.find({2}), 2);
  CHECK(back.failing == 0);
  CHECK(uut.failed().contains({2}));
  uut.set_state(*uut.find({2}), worker_state::backing_off);
  CHECK(back.failing == 1);
  CHECK(back.serving == std::vector<worker_id>{{1}, {3}});
  uut.set_state(*uut.find({3}), worker_state::draining);
  CHECK(back.wanted == 2);
}

TEST_CASE("a worker that is there is not replaced by another of its id") {
  worker_set uut;
  uut.set_state(uut.add(slot(1)), worker_state::ready);
  CHECK(uut.add(slot(1)).state == worker_state::ready);
  uut.erase({1});
  uut.erase({1});
  CHECK(uut.all().empty());
  CHECK(uut.backends().empty());
  CHECK(uut.find({1}) == nullptr);
}

TEST_CASE("what is kept is what can be counted, after any changes") {
  random_source random{7};
  worker_set uut;
  for (int step = 0; step < 5'000; ++step) {
    worker_id id{random.below(20) + 1};
    auto& worker = uut.add(slot(id.value, random.below(2) ? "back" : "front"));
    switch (random.below(3)) {
      case 0:
        uut.set_state(worker, static_cast<worker_state>(
                                random.below(worker_state_count)));
        break;
      case 1:
        uut.set_failures(worker,
                         static_cast<std::uint32_t>(random.below(3)));
        break;
      default:
        uut.erase(id);
    }
    REQUIRE(uut.is_consistent());
  }
}
