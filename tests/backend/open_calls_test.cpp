#include "backend/open_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace serval;
using namespace std::literals;

namespace {

// Owners are only compared, never looked into.
process_body& owner(int number) {
  static char owners[8];
  return reinterpret_cast<process_body&>(owners[number]);
}

worker_call call(std::uint64_t id, time_point deadline = {}) {
  auto context = std::make_shared<request_context>();
  context->deadline = deadline;
  return {call_id{id}, 3, std::move(context), {}};
}

} // namespace

TEST_CASE("a call is open until it is taken, once") {
  open_calls calls;
  CHECK(calls.add(call(1), owner(1)));
  CHECK(!calls.add(call(1), owner(2)));
  REQUIRE(calls.find({1}));
  CHECK(calls.find({1})->owner == &owner(1));
  CHECK(calls.find({1})->depth == 3);
  CHECK(calls.take({1}));
  CHECK(!calls.take({1}));
  CHECK(!calls.find({1}));
  CHECK(calls.empty());
}

TEST_CASE("a call is overdue when its deadline is before the limit") {
  open_calls calls;
  auto t = time_point{1h};
  calls.add(call(1, t), owner(1));
  calls.add(call(2, time_point::max()), owner(1));
  CHECK(!calls.overdue(t));
  CHECK(calls.overdue(t + 1ns) == call_id{1});
}

TEST_CASE("an owner's calls stay open when it is gone, but without it") {
  open_calls calls;
  for (std::uint64_t id = 1; id <= 6; ++id)
    calls.add(call(id), owner(id % 2));
  auto even = calls.of(owner(0));
  std::sort(even.begin(), even.end());
  CHECK(even == std::vector<call_id>{{2}, {4}, {6}});
  calls.disown(owner(0));
  CHECK(calls.of(owner(0)).empty());
  CHECK(calls.size() == 6);
  CHECK(calls.take({2})->owner == nullptr);
  CHECK(calls.take({3})->owner == &owner(1));
}
