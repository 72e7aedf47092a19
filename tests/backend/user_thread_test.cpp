// Goal: what a user thread hands over and when. Method: a backend made of a
// lambda on a real thread; this thread plays the control thread.

#include "backend/user_thread.hpp"

#include "worker/fake_backend.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

/// How the instance behaves; set before the thread starts.
struct script {
  const char* fail_in = "";
  fake_backend::handler handle = [](serval_call*, auto in, std::string& out) {
    out = in;
    return 0;
  };
  /// Read once the thread has ended, or has told so.
  int destroyed = 0;
};

script* current = nullptr;

std::int32_t maybe_fail(const char* where, serval_sink* error) {
  if (std::string_view{current->fail_in} != where)
    return 0;
  error->write(error->context, {"as told", 7});
  return 1;
}

const serval_backend_type& scripted_type() {
  static const serval_backend_type table = {
    .size = sizeof(serval_backend_type),
    .name = "scripted",
    .create = [](const serval_settings*, serval_sink* error) noexcept -> void* {
      if (maybe_fail("create", error) != 0)
        return nullptr;
      return new fake_backend{current->handle};
    },
    .destroy =
      [](void* self) noexcept {
        ++current->destroyed;
        delete static_cast<fake_backend*>(self);
      },
    .handle = fake_backend::type().handle,
    .reconfigure =
      [](void*, const serval_settings*, serval_sink* error) noexcept {
        return maybe_fail("reconfigure", error);
      },
    .warm_up =
      [](void*, serval_sink* error) noexcept {
        return maybe_fail("warm_up", error);
      },
    .health =
      [](void*, serval_sink* error) noexcept {
        return maybe_fail("health", error);
      },
  };
  return table;
}

/// A user thread and all that it has handed over.
struct fixture {
  explicit fixture(script how = {}, executor::limits limits = {})
    : behavior(std::move(how)) {
    current = &behavior;
    subject = std::make_unique<user_thread>(
      user_thread::order{"scripted", {}, limits},
      [](const std::string&) -> result<const serval_backend_type*> {
        return &scripted_type();
      },
      [this] {
        std::lock_guard guard{mutex};
        woken = true;
        changed.notify_all();
      });
  }

  ~fixture() {
    subject->stop();
    subject.reset();
    CHECK(behavior.destroyed <= 1);
  }

  template <class F>
  void await(F&& met) {
    for (;;) {
      seen.append(subject->take_output());
      if (met())
        return;
      std::unique_lock guard{mutex};
      REQUIRE(changed.wait_for(guard, 30s, [this] { return woken; }));
      woken = false;
    }
  }

  void await_results(std::size_t count) {
    await([&] { return seen.results.size() >= count; });
  }

  script behavior;
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  user_output seen;
  std::unique_ptr<user_thread> subject;
};

std::vector<worker_call> one_call() {
  std::vector<worker_call> calls;
  calls.push_back(make_call(1, ""));
  return calls;
}

} // namespace

TEST_CASE("calls are answered in order, however they are handed over") {
  fixture f;
  std::uint64_t id = 0;
  for (int batch = 0; batch < 200; ++batch) {
    std::vector<worker_call> calls;
    for (int i = 0; i < batch % 7; ++i) {
      ++id;
      calls.push_back(make_call(id, std::to_string(id)));
    }
    f.subject->submit(std::move(calls));
  }
  f.await_results(id);
  for (std::uint64_t i = 0; i < id; ++i)
    REQUIRE(f.seen.results[i].what.body == std::to_string(i + 1));
  CHECK(f.seen.started->has_value());
}

TEST_CASE("each failure to make an instance is told once, with its words") {
  for (auto [where, text] :
       {std::pair{"create", "backend \"scripted\" could not be constructed: "},
        std::pair{"warm_up", "backend \"scripted\" failed in warm_up: "},
        std::pair{"health", "backend \"scripted\" is not healthy: "}}) {
    script how;
    how.fail_in = where;
    fixture f{how};
    f.await([&] { return f.seen.stopped; });
    REQUIRE(!*f.seen.started);
    CHECK(f.seen.started->error().message == text + "as told"s);
    CHECK(f.behavior.destroyed == (where == "create"sv ? 0 : 1));
  }
}

TEST_CASE("new settings and health are answered") {
  fixture f{script{}};
  f.await([&] { return f.seen.started.has_value(); });
  f.behavior.fail_in = "health";
  f.subject->reconfigure({});
  f.subject->check_health();
  f.await([&] { return !f.seen.health.empty(); });
  CHECK(f.seen.reconfigured.at(0));
  CHECK(f.seen.health.at(0).error().message
        == "backend \"scripted\" is not healthy: as told");
}

TEST_CASE("a map goes out, and its outcomes let the call go on") {
  script how;
  how.handle = [](serval_call* call, auto, std::string& out) {
    return map_and_wait(call, {"a", "b"}, out) ? 0 : SERVAL_HANDLE_CANCELLED;
  };
  fixture f{how};
  f.subject->submit(one_call());
  f.await([&] { return f.seen.maps.size() == 1; });
  CHECK(f.seen.maps[0].call == call_id{1});
  CHECK(f.seen.maps[0].request.pieces.size() == 2);
  f.subject->map_done(f.seen.maps[0].ticket,
                      {outcome::success("x"), outcome::success("y")});
  f.await_results(1);
  CHECK(f.seen.results[0].what.body == "x,y");
}

TEST_CASE("a sleeping call wakes by itself") {
  script how;
  how.handle = [](serval_call* call, auto, std::string&) {
    return sleep_in(call, 1ms) ? 0 : SERVAL_HANDLE_CANCELLED;
  };
  fixture f{how};
  f.subject->submit(one_call());
  f.await_results(1);
  CHECK(f.seen.results[0].what.ok());
}

TEST_CASE("a call on the thread is seen from outside, and can be cancelled") {
  script how;
  how.handle = [](serval_call* call, auto, std::string&) {
    while (!executor::host_table().cancelled(call))
      continue;
    return SERVAL_HANDLE_CANCELLED;
  };
  fixture f{how};
  f.subject->submit(one_call());
  while (!f.subject->look().call)
    std::this_thread::yield();
  auto seen = f.subject->look();
  CHECK(seen.call == call_id{1});
  CHECK(seen.progress == 1);
  f.subject->cancel({{1}});
  f.await_results(1);
  CHECK(f.seen.results[0].what.code == errc::cancelled);
}

TEST_CASE("stop ends waiting and suspended calls before the instance goes") {
  script how;
  how.handle = [](serval_call* call, auto, std::string& out) {
    return map_and_wait(call, {"a"}, out) ? 0 : SERVAL_HANDLE_CANCELLED;
  };
  fixture f{how};
  std::vector<worker_call> calls;
  for (std::uint64_t id = 1; id <= 3; ++id)
    calls.push_back(make_call(id, ""));
  f.subject->submit(std::move(calls));
  f.await([&] { return f.seen.maps.size() == 3; });
  f.subject->stop();
  f.await([&] { return f.seen.stopped; });
  CHECK(f.seen.results.size() == 3);
  CHECK(f.seen.ended_maps.size() == 3);
  for (auto& each : f.seen.results)
    CHECK(each.what.code == errc::cancelled);
  CHECK(f.behavior.destroyed == 1);
}
