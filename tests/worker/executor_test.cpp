// Goal: what the executor promises about slots, order, deadlines, cancel and
// fibers. Method: plain calls with a clock under the test's hand; user code
// goes through the real C table, on real fibers.

#include "worker/executor.hpp"

#include "worker/fake_backend.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace serval;
using namespace std::literals;

namespace {

using ids = std::vector<std::uint64_t>;

struct fixture {
  fake_backend backend;
  fake_host host;
  std::unique_ptr<executor> subject;

  void make(executor::limits limits) {
    subject = std::make_unique<executor>(fake_backend::type(), &backend, limits,
                                         host);
  }

  void run() {
    while (subject->run(1h))
      ;
  }
};

} // namespace

TEST_CASE("each call is answered with what its handler wrote") {
  fixture f;
  f.backend.on_handle = [](serval_call*, auto in, std::string& out) {
    out = "re:" + std::string{in};
    return 0;
  };
  f.make({});
  f.subject->submit({make_call(1, "a")});
  f.subject->submit({make_call(2, "b")});
  f.run();
  REQUIRE(f.host.order() == ids{1, 2});
  CHECK(f.host.ended[0].second == outcome::success("re:a"));
  CHECK(f.host.ended[1].second == outcome::success("re:b"));
}

TEST_CASE("failures, rejects and unknown statuses become outcomes") {
  fixture f;
  f.backend.on_handle = [](serval_call*, auto in, std::string& out) {
    out = "why";
    return std::stoi(std::string{in});
  };
  f.make({});
  f.subject->submit({make_call(1, "1")});
  f.subject->submit({make_call(2, "422")});
  f.subject->submit({make_call(3, "77")});
  f.run();
  CHECK(f.host.ended[0].second
        == outcome::failure(errc::user_error, "why", true));
  CHECK(f.host.ended[1].second == outcome::reject(422, "why"));
  CHECK(f.host.ended[2].second.code == errc::user_error);
  // The operator reads what a client is not told.
  REQUIRE(f.host.lines.size() == 2);
  CHECK(f.host.lines[0] == "why");
}

TEST_CASE("deeper calls start first, then earlier deadlines, then older") {
  fixture f;
  f.backend.on_handle = [](auto...) { return 0; };
  f.make({});
  auto soon = f.host.time + 1s;
  auto late = f.host.time + 2s;
  f.subject->submit({make_call(1, "", late, 0)});
  f.subject->submit({make_call(2, "", soon, 0)});
  f.subject->submit({make_call(3, "", soon, 0)});
  f.subject->submit({make_call(4, "", late, 2)});
  f.subject->submit({make_call(5, "", soon, 1)});
  f.run();
  CHECK(f.host.order() == ids{4, 5, 2, 3, 1});
}

TEST_CASE("nothing starts after its deadline") {
  fixture f;
  int started = 0;
  f.backend.on_handle = [&](auto...) {
    ++started;
    return 0;
  };
  f.make({});
  f.subject->submit({make_call(1, "", f.host.time + 1s)});
  f.host.time += 1s;
  f.run();
  CHECK(started == 0);
  REQUIRE(f.host.order() == ids{1});
  CHECK(f.host.ended[0].second.code == errc::deadline_exceeded);
  CHECK_FALSE(f.host.ended[0].second.maybe_executed);
}

TEST_CASE("a full queue refuses with overload and keeps what it has") {
  fixture f;
  f.backend.on_handle = [](auto...) { return 0; };
  f.make({.concurrency = 1, .queue = 2});
  for (std::uint64_t id : {1, 2, 3})
    f.subject->submit({make_call(id, "")});
  REQUIRE(f.host.order() == ids{3});
  CHECK(f.host.ended[0].second.code == errc::overload);
  f.run();
  CHECK(f.host.order() == ids{3, 1, 2});
}

TEST_CASE("a call that waits for a map gives its slot to others") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, std::string_view in,
                           std::string& out) {
    if (in == "leaf")
      return 0;
    return map_and_wait(call, {"x", "y"}, out) ? 0
                                               : +SERVAL_HANDLE_CANCELLED;
  };
  f.make({.concurrency = 1});
  f.subject->submit({make_call(1, "parent")});
  f.subject->submit({make_call(2, "leaf")});
  f.run();
  CHECK(f.host.order() == ids{2});
  REQUIRE(f.host.maps.size() == 1);
  auto& [ticket, request] = *f.host.maps.begin();
  CHECK(request.backend == "leaf");
  CHECK(request.depth == 1);
  CHECK(request.pieces[1].bytes == "y");
  f.subject->map_done(ticket, {outcome::success("X"),
                               outcome::failure(errc::worker_died, "")});
  f.run();
  REQUIRE(f.host.order() == ids{2, 1});
  CHECK(f.host.ended[1].second.body
        == "X,!" + std::to_string(SERVAL_OUTCOME_WORKER_DIED));
}

TEST_CASE("a sleeping call keeps its slot and wakes when due") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, std::string_view in,
                           std::string&) {
    if (in == "sleep")
      sleep_in(call, 5ms);
    return 0;
  };
  f.make({.concurrency = 1});
  f.subject->submit({make_call(1, "sleep")});
  f.subject->submit({make_call(2, "")});
  f.run();
  CHECK(f.host.order().empty());
  CHECK(f.subject->next_wake() == f.host.time + 5ms);
  f.host.time += 5ms;
  f.run();
  CHECK(f.host.order() == ids{1, 2});
}

TEST_CASE("a call whose map is done goes on before a new call starts") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, std::string_view in,
                           std::string& out) {
    if (in == "sleep")
      sleep_in(call, 5ms);
    else if (in == "map")
      map_and_wait(call, {"x"}, out);
    return 0;
  };
  f.make({.concurrency = 1});
  f.subject->submit({make_call(1, "map")});
  f.subject->submit({make_call(2, "sleep")});
  f.subject->submit({make_call(3, "")});
  f.run();
  f.subject->map_done(1, {outcome::success("X")});
  f.run();
  CHECK(f.host.order().empty()); // Call 2 sleeps in the only slot.
  f.host.time += 5ms;
  f.run();
  CHECK(f.host.order() == ids{2, 1, 3});
}

TEST_CASE("a call that never leaves the thread can learn of its cancellation") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, auto, std::string&) {
    while (!executor::host_table().cancelled(call))
      continue;
    return SERVAL_HANDLE_CANCELLED;
  };
  f.make({});
  f.subject->submit({make_call(1, "")});
  f.host.on_check_cancels = [&f] {
    f.subject->submit({make_call(2, "")});
    f.subject->cancel(call_id{2});
    f.subject->cancel(call_id{1});
  };
  f.run();
  CHECK(f.host.order() == ids{2, 1});
  CHECK(f.host.ended[1].second.code == errc::cancelled);
}

TEST_CASE("the host is told which call has the thread") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, auto, std::string&) {
    std::string joined;
    map_and_wait(call, {"a"}, joined);
    return 0;
  };
  f.make({});
  f.subject->submit({make_call(7, "")});
  f.run();
  CHECK(f.host.on_thread == ids{7, 0});
  f.subject->map_done(1, {outcome::success("")});
  f.run();
  CHECK(f.host.on_thread == ids{7, 0, 7, 0});
}

TEST_CASE("cancel ends a waiting call at once and unwinds a suspended one") {
  fixture f;
  bool unwound = false;
  f.backend.on_handle = [&](serval_call* call, std::string_view,
                            std::string& out) {
    struct guard {
      bool& flag;
      ~guard() {
        flag = true;
      }
    } at_exit{unwound};
    return map_and_wait(call, {"x"}, out) ? 0 : +SERVAL_HANDLE_CANCELLED;
  };
  f.make({.concurrency = 1});
  f.subject->submit({make_call(1, "")});
  f.run();
  f.subject->submit({make_call(2, "")});
  f.subject->cancel(call_id{2});
  CHECK(f.host.order() == ids{2});
  f.subject->cancel(call_id{1});
  CHECK_FALSE(unwound);
  f.run();
  CHECK(unwound);
  REQUIRE(f.host.order() == ids{2, 1});
  CHECK(f.host.ended[1].second.code == errc::cancelled);
  CHECK(f.host.ended_maps == std::vector<map_ticket>{1});
  CHECK(f.subject->started() == 0);
}

TEST_CASE("a sleep ends at the deadline as a passed deadline") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, auto, auto&) {
    return sleep_in(call, 1h) ? 0 : +SERVAL_HANDLE_CANCELLED;
  };
  f.make({});
  f.subject->submit({make_call(1, "", f.host.time + 10ms)});
  f.run();
  f.host.time += 10ms;
  f.run();
  REQUIRE(f.host.order() == ids{1});
  CHECK(f.host.ended[0].second.code == errc::deadline_exceeded);
}

TEST_CASE("an executor that goes away answers and unwinds every call") {
  fixture f;
  int unwound = 0;
  f.backend.on_handle = [&](serval_call* call, auto, std::string& out) {
    map_and_wait(call, {"x"}, out);
    ++unwound;
    return +SERVAL_HANDLE_CANCELLED;
  };
  f.make({.concurrency = 2});
  for (std::uint64_t id : {1, 2, 3})
    f.subject->submit({make_call(id, "")});
  f.run();
  f.subject.reset();
  CHECK(unwound == 3);
  CHECK(f.host.ended.size() == 3);
}

TEST_CASE("a thousand calls may wait for maps at the same time") {
  fixture f;
  f.backend.on_handle = [](serval_call* call, auto, std::string& out) {
    return map_and_wait(call, {"x"}, out) ? 0 : +SERVAL_HANDLE_CANCELLED;
  };
  f.make({.concurrency = 1, .stack_bytes = 32 * 1024});
  for (std::uint64_t id = 1; id <= 1000; ++id)
    f.subject->submit({make_call(id, "")});
  f.run();
  REQUIRE(f.host.maps.size() == 1000);
  for (auto& [ticket, request] : f.host.maps)
    f.subject->map_done(ticket, {outcome::success(std::to_string(ticket))});
  f.run();
  CHECK(f.host.ended.size() == 1000);
  for (auto& [id, what] : f.host.ended)
    CHECK(what == outcome::success(std::to_string(id)));
}
