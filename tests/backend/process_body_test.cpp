// Goal: what a body in a worker process promises to its actor. Method: the real
// process, the real plugin, a loop without actors.

#include "backend/process_body.hpp"

#include "backend/process_fixture.hpp"

#include <csignal>
#include <thread>

using namespace serval;
using namespace std::literals;

TEST_CASE("each of 1,000 calls one after the other has its own answer") {
  process_world world;
  one_worker worker{world, "echo"};
  worker.told.await_ready();
  for (std::uint64_t id = 1; id <= 1000; ++id)
    REQUIRE(worker.ask(id, "body " + std::to_string(id)).body
            == "body " + std::to_string(id));
}

TEST_CASE("each of 10,000 calls handed over at once has its own answer") {
  process_world world;
  one_worker worker{world, "echo"};
  worker.told.await_ready();
  for (std::uint64_t first = 1; first <= 10'000; first += 1000) {
    std::vector<worker_call> calls;
    for (auto id = first; id < first + 1000; ++id)
      calls.push_back(one_worker::call(id, "body " + std::to_string(id)));
    worker.submit(std::move(calls));
  }
  worker.told.await([](auto& told) { return told.results.size() == 10'000; });
  for (auto& [id, what] : worker.told.results)
    REQUIRE(what == outcome::success("body " + std::to_string(id)));
  CHECK(!worker.told.twice);
}

TEST_CASE("bodies of every size arrive whole") {
  process_world world;
  one_worker worker{world, "echo"};
  worker.told.await_ready();
  std::uint64_t id = 0;
  for (std::size_t size : {0, 1, 7, 65527, 65536, 1'000'000, 20'000'000}) {
    std::string body(size, 'a');
    for (std::size_t i = 0; i < size; i += 997)
      body[i] = static_cast<char>(i);
    CHECK((worker.ask(++id, body).body == body));
  }
}

TEST_CASE("a body that is too long is refused, and the worker lives on") {
  process_world world;
  one_worker worker{world, "echo"};
  worker.told.await_ready();
  auto what = worker.ask(1, std::string(80'000'000, 'a'));
  CHECK(what.code == errc::body_too_large);
  CHECK(!what.maybe_executed);
  CHECK(worker.ask(2, "next").body == "next");
}

TEST_CASE("a call id that is open already is refused, the first call goes on") {
  process_world world;
  one_worker worker{world, "spin"};
  worker.told.await_ready();
  worker.submit(1, "");
  worker.submit(1, "");
  CHECK(worker.told.await_result(1).code == errc::internal);
  world.on_loop([&] { worker.body().cancel(call_id{1}); });
  worker.told.await([](auto& told) {
    return told.results.at(1).code == errc::cancelled;
  });
}

TEST_CASE("user code's failures and refusals keep their meaning") {
  process_world world;
  one_worker throws{world, "throws"};
  throws.told.await_ready();
  auto failed = throws.ask(1, "x");
  CHECK(failed.code == errc::user_error);
  CHECK(failed.body == "thrown: x");
  one_worker rejects{world, "rejects"};
  rejects.told.await_ready();
  CHECK(rejects.ask(1, "404 not here") == outcome::reject(404, "not here"));
}

TEST_CASE("settings reach the instance, also new ones") {
  process_world world;
  one_worker worker{world, "settings", process_world::options("test_strategy"),
                    {{"color", "red"}}};
  worker.told.await_ready();
  CHECK(worker.ask(1, "color").body == "red");
  auto reconfigure = [&](settings next) {
    std::promise<result<void>> promise;
    world.on_loop([&] {
      worker.body().reconfigure(std::move(next), [&](result<void> how) {
        promise.set_value(std::move(how));
      });
    });
    return promise.get_future().get();
  };
  CHECK(reconfigure({{"color", "blue"}}));
  CHECK(worker.ask(2, "color").body == "blue");
  CHECK(reconfigure({{"refuse", true}}).error().message
        == "backend \"settings\" refused new settings: refused as told");
  CHECK(worker.ask(3, "color").body == "blue");
}

TEST_CASE("an instance says whether it is healthy") {
  process_world world;
  one_worker worker{world, "moody"};
  worker.told.await_ready();
  auto check = [&] {
    world.on_loop([&] { worker.body().check_health(); });
    worker.told.await([](auto& told) { return !told.health.empty(); });
    return std::exchange(worker.told.health, {}).front();
  };
  CHECK(check());
  worker.ask(1, "ill");
  CHECK(check().error().message
        == "backend \"moody\" is not healthy: in a bad mood");
  worker.ask(2, "well");
  CHECK(check());
}

TEST_CASE("an instance that is not healthy from the start never gets ready") {
  process_world world;
  one_worker worker{world, "fragile", process_world::options("test_strategy"),
                    {{"fail", "health"}}};
  CHECK(worker.told.await_end().message
        == "backend \"fragile\" is not healthy: failed in health as told");
  CHECK_FALSE(worker.told.is_ready);
}

TEST_CASE("a map goes out with its context and comes back") {
  process_world world;
  one_worker worker{world, "router"};
  worker.told.await_ready();
  worker.told.on_map = [&](map_ticket ticket, const map_request& request) {
    std::string piece{request.pieces.at(0).bytes};
    worker.body().map_done(ticket, {outcome::success("re:" + piece)});
  };
  CHECK(worker.ask(5, "echo question").body == "re:question");
  auto& request = worker.told.requests.at(0);
  CHECK(request.backend == "echo");
  CHECK(request.depth == 1);
  CHECK(request.context->request_id == "request-5");
  CHECK(worker.told.map_calls.at(0) == call_id{5});
}

TEST_CASE("many maps at once are not mixed up") {
  process_world world;
  one_worker worker{world, "fan_mid"};
  worker.told.await_ready();
  worker.told.on_map = [&](map_ticket ticket, const map_request& request) {
    map_outcomes outcomes;
    for (auto& piece : request.pieces)
      outcomes.push_back(outcome::success(std::string{piece.bytes}));
    // Later ones are answered first.
    world.home.post([&worker, ticket, outcomes = std::move(outcomes)] {
      worker.body().map_done(ticket, outcomes);
    });
  };
  std::vector<worker_call> calls;
  for (std::uint64_t id = 1; id <= 300; ++id)
    calls.push_back(one_worker::call(id, "0 " + std::to_string(id)));
  worker.submit(std::move(calls));
  worker.told.await([](auto& told) { return told.results.size() == 300; });
  for (auto& [id, what] : worker.told.results)
    CHECK(what.body
          == std::to_string(id) + " 0 " + std::to_string(id * (id - 1) / 2));
}

TEST_CASE("cancel reaches a call that never leaves its thread") {
  process_world world;
  one_worker worker{world, "spin"};
  worker.told.await_ready();
  worker.submit(1, "");
  world.on_loop([&] { worker.body().cancel(call_id{1}); });
  CHECK(worker.told.await_result(1).code == errc::cancelled);
}

TEST_CASE("cancel ends a call that waits for a map, and the map") {
  process_world world;
  one_worker worker{world, "router"};
  worker.told.await_ready();
  worker.submit(1, "echo never answered");
  worker.told.await([](auto& told) { return told.maps.size() == 1; });
  world.on_loop([&] { worker.body().cancel(call_id{1}); });
  CHECK(worker.told.await_result(1).code == errc::cancelled);
  CHECK(worker.told.ended_maps == worker.told.maps);
  // An answer that comes too late is no harm.
  world.on_loop([&] {
    worker.body().map_done(worker.told.maps[0], {outcome::success("late")});
  });
  worker.told.on_map = [&](map_ticket ticket, const map_request&) {
    worker.body().map_done(ticket, {outcome::success("in time")});
  };
  CHECK(worker.ask(2, "echo x").body == "in time");
}

TEST_CASE("a process killed in the middle of a call is told with the signal") {
  process_world world;
  one_worker worker{world, "sleeper"};
  worker.told.await_ready();
  worker.submit(1, "3600000");
  ::kill(worker.pid(), SIGKILL);
  auto why = worker.told.await_end();
  CHECK(why.code == errc::worker_died);
  CHECK(why.message
        == "the process of backend \"sleeper\" was killed by SIGKILL");
  CHECK(!worker.told.was_stopped);
  CHECK(worker.pid() == 0);
}

TEST_CASE("an abort and a stack overflow cost one process") {
  process_world world;
  one_worker bystander{world, "echo"};
  bystander.told.await_ready();
  one_worker crash{world, "crash"};
  crash.told.await_ready();
  CHECK(crash.ask(1, "fine").body == "fine");
  crash.submit(2, "crash");
  CHECK(crash.told.await_end().message
        == "the process of backend \"crash\" was killed by SIGABRT");
  one_worker overflow{world, "overflow"};
  overflow.told.await_ready();
  overflow.submit(1, "100000");
  CHECK(overflow.told.await_end().message
        == "the process of backend \"overflow\" was killed by SIGSEGV");
  CHECK(bystander.ask(1, "still here").body == "still here");
}

TEST_CASE("of the calls that a crash loses, the one that ran is to blame") {
  process_world world;
  one_worker worker{world, "crash"};
  worker.told.await_ready();
  std::vector<worker_call> calls;
  for (auto [id, body] : {std::pair{1, "crash"}, {2, "x"}, {3, "y"}})
    calls.push_back(one_worker::call(static_cast<std::uint64_t>(id), body));
  worker.submit(std::move(calls));
  worker.told.await_end();
  auto& lost = worker.told.lost;
  CHECK(lost.received.size() == 3);
  REQUIRE(lost.culprit);
  CHECK(lost.culprit->id == call_id{1});
  CHECK(lost.culprit->request.bytes == "crash");
}

TEST_CASE("a call that hung is to blame, one that was killed from outside is "
          "not") {
  process_world world;
  auto options = process_world::options("test_strategy");
  options.hang_kill = 100ms;
  one_worker hung{world, "spin", options};
  hung.told.await_ready();
  hung.submit(1, "forever", 50ms);
  hung.told.await_end();
  REQUIRE(hung.told.lost.culprit);
  CHECK(hung.told.lost.culprit->request.bytes == "forever");
  one_worker killed{world, "sleeper"};
  killed.told.await_ready();
  killed.submit(1, "3600000");
  ::kill(killed.pid(), SIGKILL);
  killed.told.await_end();
  CHECK(killed.told.lost.received == std::vector<call_id>{{1}});
  CHECK_FALSE(killed.told.lost.culprit);
}

TEST_CASE("a stopped process is silent until it goes on, a busy one is not") {
  process_world world;
  one_worker worker{world, "spin"};
  worker.told.await_ready();
  worker.submit(1, "");
  ::kill(worker.pid(), SIGSTOP);
  worker.told.await([](auto& told) { return told.is_silent; });
  ::kill(worker.pid(), SIGCONT);
  worker.told.await([](auto& told) { return !told.is_silent; });
  world.on_loop([&] { worker.body().cancel(call_id{1}); });
  worker.told.await_result(1);
}

TEST_CASE("a call that hangs far beyond its deadline costs its process") {
  process_world world;
  auto options = process_world::options("test_strategy");
  options.hang_kill = 100ms;
  one_worker worker{world, "spin", options};
  worker.told.await_ready();
  worker.submit(1, "forever", 50ms);
  auto why = worker.told.await_end();
  CHECK(why.code == errc::worker_died);
  CHECK(why.message
        == "backend \"spin\" hung in call request-1, long past its deadline; "
           "its process was killed");
}

TEST_CASE("a process that was frozen starts nothing after its deadline") {
  process_world world;
  one_worker worker{world, "echo"};
  worker.told.await_ready();
  ::kill(worker.pid(), SIGSTOP);
  worker.submit(1, "too late", 20ms);
  auto deadline = loop::now() + 20ms;
  while (loop::now() < deadline)
    std::this_thread::yield();
  ::kill(worker.pid(), SIGCONT);
  auto what = worker.told.await_result(1);
  CHECK(what.code == errc::deadline_exceeded);
  CHECK_FALSE(what.maybe_executed);
}

TEST_CASE("a call that is over its deadline but ends is no hung one") {
  process_world world;
  one_worker worker{world, "spin"};
  worker.told.await_ready();
  worker.submit(1, "", 20ms);
  CHECK(worker.told.await_result(1).code == errc::deadline_exceeded);
}

TEST_CASE("each failure of construction has its sentence") {
  process_world world;
  auto fail = [&](const std::string& plugin) {
    auto options = process_world::options(plugin);
    options.start_timeout = plugin == "hangs_in_create" ? 500ms : 30'000ms;
    one_worker worker{world, "echo", options};
    auto why = worker.told.await_end();
    CHECK(why.code == errc::bad_plugin);
    CHECK(!worker.told.was_stopped);
    CHECK(!worker.told.is_ready);
    return why.message;
  };
  CHECK(fail("crashes_in_create")
        == "the plugin crashed while backend \"echo\" was constructed: the "
           "process was killed by SIGSEGV");
  CHECK(fail("exits_in_create").starts_with(
    "the plugin ended its process while backend \"echo\" was constructed: the "
    "process exited with "));
  CHECK(fail("hangs_in_create")
        == "backend \"echo\" hung while it was constructed: it was not ready "
           "after 500 ms");
  CHECK(fail("throws_in_create")
          .starts_with("backend \"echo\" could not be constructed: "));
  CHECK(fail("null_in_create")
          .starts_with("backend \"echo\" could not be constructed: "));
  CHECK(fail("wrong_abi").find("ABI version") != std::string::npos);
}

TEST_CASE("a backend that the plugin lacks is named, with those it has") {
  process_world world;
  one_worker worker{world, "typo"};
  CHECK(worker.told.await_end().message.starts_with(
    "the plugin has no backend \"typo\"; it offers router, echo, "));
}

TEST_CASE("a failed warm_up is told") {
  process_world world;
  one_worker worker{world, "fragile", process_world::options("test_strategy"),
                    {{"fail", "warm_up"}}};
  CHECK(worker.told.await_end().message
        == "backend \"fragile\" failed in warm_up: failed in warm_up as told");
}

TEST_CASE("stop cancels what runs, and the process goes away") {
  process_world world;
  one_worker worker{world, "spin"};
  worker.told.await_ready();
  worker.submit(1, "");
  auto pid = worker.pid();
  world.on_loop([&] { worker.body().stop(30s); });
  CHECK(worker.told.await_end() == error{});
  CHECK(worker.told.was_stopped);
  CHECK(worker.told.results.at(1).code == errc::cancelled);
  worker.drop();
  one_worker other{world, "echo"};
  other.told.await_ready();
  // The spawner handles one thing after the other: the kill came first.
  other.told.await([&](auto&) { return ::kill(pid, 0) != 0; });
}

TEST_CASE("stop has an end even if user code does not heed it") {
  process_world world;
  one_worker worker{world, "spin"};
  worker.told.await_ready();
  worker.submit(1, "forever");
  world.on_loop([&] { worker.body().stop(50ms); });
  worker.told.await_end();
  CHECK(worker.told.was_stopped);
}

TEST_CASE("stop works before the worker is ready") {
  process_world world;
  one_worker worker{world, "echo", process_world::options("hangs_in_create")};
  world.on_loop([&] { worker.body().stop(50ms); });
  worker.told.await_end();
  CHECK(worker.told.was_stopped);
}

TEST_CASE("a plugin that is not the one that was deployed starts nothing") {
  process_world world;
  auto options = process_world::options("test_strategy");
  options.plugin_sha256 = sha256_hex("another");
  one_worker worker{world, "echo", options};
  auto why = worker.told.await_end();
  CHECK(why.code == errc::unavailable);
  CHECK(why.message.find("should have") != std::string::npos);
}
