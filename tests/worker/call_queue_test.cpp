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
    std::uint64_t last_id = 0;
    for (int step = 0; step < 2000; ++step) {
      switch (random.below(4)) {
        case 0: {
          auto depth = random.below(4);
          auto deadline = time_point{} + std::chrono::seconds{random.below(5)};
          std::vector<worker_call> calls;
          for (auto count = random.below(8); count > 0; --count) {
            calls.push_back(make_call(++last_id, "", deadline, depth));
            // Most pieces of a map share their context, and some do not.
            if (calls.size() > 1 && random.below(4) > 0)
              calls.back().context = calls.front().context;
          }
          auto room = 100 - model.size();
          for (std::size_t i = 0; i < std::min(calls.size(), room); ++i) {
            auto id = calls[i].id.value;
            key place{-static_cast<std::int64_t>(depth), deadline, id};
            model[place] = id;
            keys[id] = place;
          }
          auto count = calls.size();
          auto refused = queue.push(std::move(calls));
          REQUIRE(refused.size() == count - std::min(count, room));
          for (auto& each : refused)
            CHECK_FALSE(keys.contains(each.id.value));
          break;
        }
        case 1:
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
          auto victim
            = 1 + random.below(static_cast<std::uint32_t>(last_id) + 1);
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
  queue.push({make_low(1, 0)});
  queue.push({make_call(2, "", time_point{} + std::chrono::seconds{2}, 0)});
  queue.push({make_low(3, 1)});
  CHECK(queue.pop()->id.value == 3);
  CHECK(queue.pop()->id.value == 2);
  CHECK(queue.pop()->id.value == 1);
}
