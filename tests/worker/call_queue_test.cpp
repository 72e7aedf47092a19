#include "worker/call_queue.hpp"

#include "base/random.hpp"
#include "worker/fake_backend.hpp"

#include <doctest/doctest.h>

#include <map>
#include <tuple>

using namespace serval;

TEST_CASE("whatever is pushed, removed and popped, the queue yields the rest "
          "in order and never more than its capacity") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    call_queue queue{100};
    using key = std::tuple<std::int64_t, time_point, std::uint64_t>;
    std::map<key, std::uint64_t> model;
    std::map<std::uint64_t, key> keys;
    for (std::uint64_t id = 1; id <= 2000; ++id) {
      switch (random.below(4)) {
        case 0:
        case 1: {
          auto depth = random.below(4);
          auto deadline = time_point{} + std::chrono::seconds{random.below(5)};
          auto taken = queue.push(make_call(id, "", deadline, depth));
          CHECK(taken == (model.size() < 100));
          if (taken) {
            key place{-static_cast<std::int64_t>(depth), deadline, id};
            model[place] = id;
            keys[id] = place;
          }
          break;
        }
        case 2: {
          auto next = queue.pop();
          CHECK(next.has_value() == !model.empty());
          if (next) {
            CHECK(next->id.value == model.begin()->second);
            keys.erase(next->id.value);
            model.erase(model.begin());
          }
          break;
        }
        default: {
          auto victim = 1 + random.below(static_cast<std::uint32_t>(id));
          auto found = keys.find(victim);
          CHECK(queue.remove(call_id{victim}) == (found != keys.end()));
          if (found != keys.end()) {
            model.erase(found->second);
            keys.erase(found);
          }
        }
      }
      REQUIRE(queue.size() == model.size());
    }
  }
}

TEST_CASE("high priority comes before low, but never before a deeper call") {
  auto make_low = [](std::uint64_t id, std::uint32_t depth) {
    auto call = make_call(id, "", time_point{} + std::chrono::seconds{1},
                          depth);
    auto context = std::make_shared<request_context>(*call.context);
    context->priority = priority::low;
    call.context = std::move(context);
    return call;
  };
  call_queue queue{10};
  queue.push(make_low(1, 0));
  queue.push(make_call(2, "", time_point{} + std::chrono::seconds{2}, 0));
  queue.push(make_low(3, 1));
  CHECK(queue.pop()->id.value == 3);
  CHECK(queue.pop()->id.value == 2);
  CHECK(queue.pop()->id.value == 1);
}
