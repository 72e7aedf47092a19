// Goal: a process that lies is killed, and nothing else happens.

#include "backend/worker_process.hpp"

#include "backend/liar.hpp"
#include "backend/process_fixture.hpp"
#include "support/test_data.hpp"

#include <csignal>

using namespace serval;
using namespace std::literals;

namespace {

std::string end_of_liar(process_world& world, const std::string& how) {
  auto options = process_world::options("test_strategy");
  options.label = liar_label;
  one_worker worker{world, how, options};
  worker.told.await_ready();
  worker.submit(1, "");
  return worker.told.await_end().message;
}

} // namespace

TEST_CASE("a process that breaks the protocol is killed, others live on") {
  process_world world;
  one_worker honest{world, "echo"};
  honest.told.await_ready();
  auto broke = "the worker process liar broke the protocol: "s;
  CHECK(end_of_liar(world, "unknown call")
        == broke + "it answered a call that it was not given");
  CHECK(end_of_liar(world, "twice")
        == broke + "it answered a call that it was not given");
  CHECK(end_of_liar(world, "unknown map")
        == broke + "it began a map for a call that it was not given");
  CHECK(end_of_liar(world, "map twice")
        == broke + "it began a map twice, or far too many");
  CHECK(end_of_liar(world, "unasked settings")
        == broke + "it took settings that it was not given");
  CHECK(end_of_liar(world, "unasked description")
        == broke + "it described its plugin without being asked");
  CHECK(end_of_liar(world, "stopped")
        == broke + "it ended a worker without being asked");
  CHECK(end_of_liar(world, "daemon's message")
        == broke + "it sent what only the daemon may send");
  CHECK(end_of_liar(world, "bad message").starts_with(broke));
  for (auto how : {"bad frame", "4 GiB frame", "4 GiB message", "stray part"})
    CHECK(end_of_liar(world, how).starts_with(broke));
  CHECK(honest.ask(1, "unharmed").body == "unharmed");
}

TEST_CASE("a process cannot answer a call of another") {
  process_world world;
  one_worker honest{world, "spin"};
  honest.told.await_ready();
  // The liar is given call 1 and answers call 2.
  honest.submit(2, "");
  CHECK(end_of_liar(world, "unknown call").ends_with("it was not given"));
  world.on_loop([&] { honest.body().cancel(call_id{2}); });
  CHECK(honest.told.await_result(2).code == errc::cancelled);
  CHECK_FALSE(honest.told.twice);
}

TEST_CASE("noise of a process harms nobody and is about its own calls only") {
  process_world world;
  one_worker honest{world, "echo"};
  honest.told.await_ready();
  auto seeds = full_tier() ? 2000 : 60;
  for (int seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    auto options = process_world::options("test_strategy");
    options.label = liar_label;
    one_worker worker{world, "noise " + std::to_string(seed), options};
    worker.told.await_ready();
    std::vector<worker_call> calls;
    calls.push_back(one_worker::call(1, ""));
    calls.push_back(one_worker::call(2, ""));
    worker.submit(std::move(calls));
    worker.told.await_end();
    for (auto& [id, what] : worker.told.results)
      CHECK((id == 1 || id == 2));
    for (auto call : worker.told.map_calls)
      CHECK((call == call_id{1} || call == call_id{2}));
    REQUIRE(honest.ask(static_cast<std::uint64_t>(seed), "unharmed").ok());
  }
  CHECK(honest.told.results.size() == static_cast<std::size_t>(seeds));
}

TEST_CASE("a process that drops its connection is over") {
  process_world world;
  auto why = end_of_liar(world, "closed socket");
  CHECK(why
        == "the worker process liar lost its connection: the peer closed the "
           "link");
}

TEST_CASE("a process that is frozen is over after ten seconds"
          * doctest::skip(!full_tier())) {
  process_world world;
  one_worker worker{world, "echo"};
  worker.told.await_ready();
  ::kill(worker.pid(), SIGSTOP);
  worker.submit(1, "never answered");
  auto why = worker.told.await_end().message;
  CHECK(why.starts_with("the worker process test lost its connection: the "
                        "peer has been silent for "));
}

TEST_CASE("a process that is stopped does not keep the daemon waiting") {
  process_world world;
  auto options = process_world::options("test_strategy");
  options.start_timeout = 300ms;
  one_worker worker{world, "blocker", options};
  worker.told.await_ready();
  ::kill(worker.pid(), SIGSTOP);
  world.on_loop([&] { worker.body().stop(100ms); });
  worker.told.await_end();
  CHECK(worker.told.was_stopped);
}
