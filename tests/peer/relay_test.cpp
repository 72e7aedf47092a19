#include "peer/relay.hpp"

#include "base/random.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

using namespace serval;
using namespace std::literals;

namespace {

constexpr std::uint8_t number = 3;
constexpr worker_id w1{1};
constexpr worker_id w2{2};

/// The workers of this node.
struct fake_workers final : relay_effects {
  std::map<worker_id, std::vector<worker_call>> calls;
  std::set<std::uint64_t> cancelled;
  std::vector<worker_id> acknowledged;

  void send(worker_id to, std::vector<worker_call> sent) override {
    for (auto& call : sent)
      calls[to].push_back(std::move(call));
  }

  void cancel(worker_id, std::vector<call_id> ids) override {
    for (auto id : ids)
      cancelled.insert(id.value);
  }

  void acknowledge_drain(worker_id worker) override {
    acknowledged.push_back(worker);
  }
};

/// A dispatcher elsewhere, which writes down what it hears.
struct recorder final : far_dispatcher {
  std::string heard;
  std::vector<call_result> got;
  std::uint32_t in_hand = 0;
  std::optional<std::vector<call_id>> started;

  void worker_up(worker_id worker, const std::string& backend,
                 std::uint32_t concurrency) override {
    note("up", worker, backend + "/" + std::to_string(concurrency));
  }

  void worker_drain(worker_id worker) override {
    note("drain", worker, "");
  }

  void worker_down(worker_id worker,
                   const std::optional<std::vector<call_id>>& which) override {
    note("down", worker, "");
    started = which;
  }

  void results(ended_calls ended) override {
    in_hand = ended.in_hand;
    for (auto& each : ended.results)
      got.push_back(std::move(each));
  }

  void suspended(worker_id worker, std::int32_t change) override {
    note("suspended", worker, std::to_string(change));
  }

  void silence(worker_id worker, bool silent) override {
    note("silence", worker, silent ? "on" : "off");
  }

  void note(const char* what, worker_id worker, const std::string& more) {
    heard += std::string{what} + std::to_string(worker.value)
             + (more.empty() ? "" : ":" + more) + " ";
  }
};

struct fixture {
  fixture() {
    uut.worker_up(w1, "leaf", 4);
    uut.worker_up(w2, "leaf", 1);
    uut.attach(a);
    uut.attach(b);
    a.heard.clear();
    b.heard.clear();
  }

  void call(far_dispatcher& from, worker_id to,
            std::vector<std::uint64_t> ids) {
    std::vector<worker_call> calls;
    for (auto id : ids)
      calls.push_back({{id}, 0, {}, payload::own(std::to_string(id))});
    uut.calls(from, to, std::move(calls));
  }

  void answer(worker_id from, std::vector<call_id> ids) {
    ended_calls ended{from, {}, 1ms, 7};
    for (auto id : ids)
      ended.results.push_back({id, outcome::success("done")});
    uut.results(std::move(ended));
  }

  std::vector<call_id> ids_at(worker_id worker) {
    std::vector<call_id> ids;
    for (auto& call : workers.calls[worker])
      ids.push_back(call.id);
    return ids;
  }

  fake_workers workers;
  recorder a;
  recorder b;
  relay uut{number, workers};
};

} // namespace

TEST_CASE("a dispatcher hears of the workers that are there, and that come") {
  fixture f;
  recorder late;
  f.uut.silence(w2, true);
  f.uut.worker_drain(w1);
  f.uut.attach(late);
  CHECK(late.heard == "up2:leaf/1 silence2:on ");
  f.uut.worker_up({3}, "root", 2);
  CHECK(late.heard == "up2:leaf/1 silence2:on up3:root/2 ");
}

TEST_CASE("equal ids of two dispatchers do not meet") {
  fixture f;
  f.call(f.a, w1, {5, 6});
  f.call(f.b, w1, {5});
  auto ids = f.ids_at(w1);
  REQUIRE(ids.size() == 3);
  for (auto id : ids)
    CHECK((id.value >> 56) == number);
  f.answer(w1, ids);
  REQUIRE(f.a.got.size() == 2);
  CHECK(f.a.got[0].id == call_id{5});
  CHECK(f.a.got[1].id == call_id{6});
  CHECK(f.a.in_hand == 7);
  REQUIRE(f.b.got.size() == 1);
  CHECK(f.b.got[0].id == call_id{5});
  CHECK(f.uut.open_calls() == 0);
}

TEST_CASE("a drain is acknowledged once all dispatchers did, or went") {
  fixture f;
  f.uut.worker_drain(w1);
  f.uut.worker_drain(w1);
  CHECK(f.a.heard == "drain1 ");
  // Those that have not acknowledged may still have calls on the way.
  f.call(f.b, w1, {1});
  CHECK(f.ids_at(w1).size() == 1);
  f.uut.drain_acknowledged(f.a, w1);
  f.uut.drain_acknowledged(f.a, w1);
  CHECK(f.workers.acknowledged.empty());
  f.call(f.a, w1, {2});
  REQUIRE(f.a.got.size() == 1);
  CHECK(f.a.got[0].what.code == errc::worker_died);
  CHECK_FALSE(f.a.got[0].what.maybe_executed);
  SUBCASE("acknowledged") {
    f.uut.drain_acknowledged(f.b, w1);
  }
  SUBCASE("gone") {
    f.uut.detach(f.b);
  }
  CHECK(f.workers.acknowledged == std::vector<worker_id>{w1});
}

TEST_CASE("a drain without dispatchers is acknowledged at once") {
  fake_workers workers;
  relay uut{number, workers};
  uut.worker_up(w1, "leaf", 1);
  uut.worker_drain(w1);
  CHECK(workers.acknowledged == std::vector<worker_id>{w1});
}

TEST_CASE("the end of a dispatcher cancels its calls and nobody else's") {
  fixture f;
  f.call(f.a, w1, {1});
  f.call(f.b, w1, {2});
  f.call(f.a, w2, {3});
  auto first = f.ids_at(w1);
  f.uut.detach(f.a);
  CHECK(f.workers.cancelled
        == std::set{first[0].value, f.ids_at(w2)[0].value});
  f.answer(w1, first);
  CHECK(f.a.got.empty());
  CHECK(f.b.got.size() == 1);
  f.call(f.a, w1, {9});
  CHECK(f.ids_at(w1).size() == 2);
}

TEST_CASE("of a dead worker each dispatcher learns of its own calls") {
  fixture f;
  f.call(f.a, w1, {1, 2});
  f.call(f.b, w1, {3});
  auto ids = f.ids_at(w1);
  SUBCASE("known") {
    f.uut.worker_down(w1, std::vector{ids[1]});
    CHECK(f.a.started == std::vector<call_id>{{2}});
    CHECK(f.b.started == std::vector<call_id>{});
  }
  SUBCASE("unknown") {
    f.uut.worker_down(w1, std::nullopt);
    CHECK_FALSE(f.a.started);
  }
  CHECK(f.uut.open_calls() == 0);
  f.answer(w1, ids);
  CHECK(f.a.got.empty());
  f.call(f.a, w1, {4});
  CHECK(f.a.got.size() == 1);
}

TEST_CASE("cancels and suspensions find the dispatcher's own call") {
  fixture f;
  f.call(f.a, w1, {1});
  f.call(f.b, w1, {1});
  auto ids = f.ids_at(w1);
  f.uut.cancel(f.b, {{1}, {77}});
  CHECK(f.workers.cancelled == std::set{ids[1].value});
  f.uut.suspended(ids[0], 1);
  f.uut.suspended({12345}, 1);
  CHECK(f.a.heard == "suspended1:1 ");
  CHECK(f.b.heard.empty());
}

TEST_CASE("more calls than can be kept are refused as never begun") {
  fixture f;
  std::vector<std::uint64_t> many(relay::calls_max);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = i;
  f.call(f.a, w1, many);
  CHECK(f.uut.open_calls() == relay::calls_max);
  f.call(f.b, w1, {1});
  REQUIRE(f.b.got.size() == 1);
  CHECK(f.b.got[0].what.code == errc::overload);
  CHECK_FALSE(f.b.got[0].what.maybe_executed);
}

TEST_CASE("whatever happens, each call has one result or its worker's end") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    fixture f;
    std::uint64_t last = 0;
    std::set<std::uint64_t> open;
    std::map<std::uint64_t, worker_id> at;
    std::map<worker_id, std::size_t> answered;
    worker_id next{3};
    std::vector<worker_id> up{w1, w2};
    auto settle = [&] {
      for (auto& each : std::exchange(f.a.got, {}))
        CHECK(open.erase(each.id.value) == 1);
    };
    for (int step = 0; step < 300; ++step) {
      auto worker = up[random.below(static_cast<std::uint32_t>(up.size()))];
      switch (random.below(6)) {
        case 0:
        case 1:
          open.insert(++last);
          at[last] = worker;
          f.call(f.a, worker, {last});
          break;
        case 2:
        case 3: {
          auto ids = f.ids_at(worker);
          auto& done = answered[worker];
          if (done < ids.size())
            f.answer(worker, {ids[done++]});
          break;
        }
        case 4:
          f.uut.cancel(f.a, {{random.below(100)}});
          break;
        case 5:
          f.uut.worker_down(worker, std::nullopt);
          std::erase_if(open, [&](auto id) { return at[id] == worker; });
          std::erase(up, worker);
          up.push_back(next);
          f.uut.worker_up(next, "leaf", 1);
          next = {next.value + 1};
          break;
      }
      settle();
    }
    CHECK(f.uut.open_calls() == open.size());
  }
}
