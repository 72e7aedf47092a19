#include "peer/stand_in.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <deque>
#include <map>
#include <string>

using namespace serval;
using namespace std::literals;

namespace {

/// A link in the test's hands: it keeps what was said.
struct fake_link final : peer_sender {
  std::vector<std::string> said;
  std::optional<error> refuses;
  std::optional<error> given_up;
  /// Ids of calls that went over the link.
  std::vector<std::uint64_t> calls;

  result<void> send(traffic_class, bytes_view message,
                    std::uint16_t) override {
    if (refuses)
      return *refuses;
    // Decoders want what a link delivers: bytes that are aligned.
    std::vector<std::uint64_t> aligned((message.size() + 7) / 8);
    std::memcpy(aligned.data(), message.data(), message.size());
    auto decoded = decode_peer_message(
      {reinterpret_cast<const std::byte*>(aligned.data()), message.size()});
    REQUIRE(decoded);
    if (auto* sent = std::get_if<peer_calls>(&*decoded)) {
      for (auto& call : sent->batch.calls)
        calls.push_back(call.call.value);
      said.push_back("calls to " + std::to_string(sent->batch.worker.value)
                     + ", left "
                     + std::to_string(sent->batch.contexts[0].remaining / 1ms));
    } else if (auto* ack = std::get_if<peer_drain_acknowledged>(&*decoded)) {
      said.push_back("acknowledged " + std::to_string(ack->worker.value));
    } else if (std::get_if<peer_attach>(&*decoded)) {
      said.push_back("attach");
    } else if (auto* cancel = std::get_if<peer_cancel>(&*decoded)) {
      said.push_back("cancel " + std::to_string(cancel->calls[0].value));
    }
    return {};
  }

  void give_up(error why) override {
    given_up = std::move(why);
  }
};

/// A dispatcher that only writes down.
struct fake_table final : worker_table {
  struct known {
    worker_profile profile;
    near_worker* worker = nullptr;
    bool draining = false;
  };

  std::map<worker_id, known> workers;
  std::vector<call_result> results;
  std::vector<std::string> lost;
  std::uint32_t load = 0;
  std::int32_t suspended = 0;

  bool has_backend(std::string_view name) const override {
    return name == "leaf";
  }

  void add_worker(const std::string&, worker_profile profile,
                  near_worker& worker) override {
    CHECK(workers.emplace(profile.id, known{profile, &worker}).second);
  }

  void drain_worker(worker_id worker) override {
    workers.at(worker).draining = true;
  }

  void lose_worker(worker_id worker,
                   const std::optional<std::vector<call_id>>& started)
    override {
    // While workers of a link go, none may look as if it took calls.
    if (!started)
      for (auto& [id, each] : workers)
        CHECK(each.draining);
    lost.push_back(std::to_string(workers.at(worker).profile.slot.value)
                   + (started ? ":" + std::to_string(started->size()) : ""));
    workers.erase(worker);
  }

  void take_results(worker_id worker, std::vector<call_result> what,
                    duration) override {
    CHECK(workers.contains(worker));
    for (auto& each : what)
      results.push_back(std::move(each));
  }

  void set_load(worker_id, std::uint32_t calls) override {
    load = calls;
  }

  void add_suspended(worker_id, std::int32_t change) override {
    suspended += change;
  }

  void set_silent(worker_id, bool) override {
    // nop
  }

  known& only() {
    REQUIRE(workers.size() == 1);
    return workers.begin()->second;
  }
};

struct fixture {
  fixture() {
    uut->link_ready();
    uut->on(peer_worker_up{1, {7}, "leaf", 2});
  }

  stand_in_setup setup() {
    stand_in_setup made;
    made.attachment = 1;
    made.app = "shop";
    made.release = {1};
    made.where = locality::zone;
    made.table = table;
    made.now = [] { return time_point{1h}; };
    made.later = [this](std::function<void()> what) {
      posted.push_back(std::move(what));
    };
    made.new_id = [this] { return worker_id{1000 + ++ids}; };
    return made;
  }

  void call(std::vector<std::uint64_t> numbers) {
    auto context = std::make_shared<request_context>();
    context->deadline = time_point{1h + 250ms};
    std::vector<worker_call> calls;
    for (auto id : numbers)
      calls.push_back({{id}, 0, context, payload::own("x")});
    table->only().worker->take_calls(std::move(calls));
  }

  void answer(std::vector<std::uint64_t> numbers) {
    peer_results message{1, {7}, 1ms, 5, {}};
    for (auto id : numbers)
      message.batch.results.push_back({{id}, outcome_view{}});
    uut->on(message);
  }

  void run_posted() {
    while (!posted.empty()) {
      auto next = std::move(posted.front());
      posted.pop_front();
      next();
    }
  }

  std::uint64_t ids = 0;
  std::deque<std::function<void()>> posted;
  std::shared_ptr<fake_table> table = std::make_shared<fake_table>();
  fake_link link;
  std::shared_ptr<stand_in> uut = std::make_shared<stand_in>(setup(), link);
};

} // namespace

TEST_CASE("a peer's workers are the dispatcher's, and calls go over the link") {
  fixture f;
  CHECK(f.link.said == std::vector{"attach"s});
  auto& worker = f.table->only();
  CHECK(worker.profile.concurrency == 2);
  CHECK(worker.profile.where == locality::zone);
  CHECK(worker.profile.known_as() == worker_id{7});
  CHECK(worker.profile.id == worker_id{1001});
  f.call({1, 2});
  CHECK(f.link.said.back() == "calls to 7, left 250");
  CHECK(f.link.calls == std::vector<std::uint64_t>{1, 2});
  worker.worker->cancel_calls({{2}});
  CHECK(f.link.said.back() == "cancel 2");
  f.answer({1});
  CHECK(f.table->results.size() == 1);
  // Five more that others may have sent, and those that have just ended.
  CHECK(f.table->load == 6);
  f.uut->on(peer_suspended{1, {7}, 1});
  CHECK(f.table->suspended == 1);
}

TEST_CASE("with a link that is lost all its workers go, and come back new") {
  fixture f;
  f.uut->on(peer_worker_up{1, {8}, "leaf", 2});
  f.uut->link_lost();
  CHECK(f.table->workers.empty());
  CHECK(f.table->lost.size() == 2);
  f.uut->link_ready();
  f.uut->on(peer_worker_up{1, {7}, "leaf", 2});
  CHECK(f.table->only().profile.id == worker_id{1003});
}

TEST_CASE("a drain is acknowledged behind all calls, a death told as it was") {
  fixture f;
  f.call({1});
  f.uut->on(peer_worker_drain{1, {7}});
  CHECK(f.table->only().draining);
  CHECK(f.link.said.back() == "acknowledged 7");
  f.uut->on(peer_worker_down{1, {7}, std::vector<call_id>{{1}}});
  CHECK(f.table->lost == std::vector{"7:1"s});
  f.answer({1});
  CHECK(f.table->results.empty());
}

TEST_CASE("what a link does not take is answered later, as never begun") {
  fixture f;
  f.link.refuses = error{errc::overload, "full"};
  f.call({1, 2});
  CHECK(f.table->results.empty());
  f.run_posted();
  REQUIRE(f.table->results.size() == 2);
  CHECK(f.table->results[0].what.code == errc::overload);
  CHECK_FALSE(f.table->results[0].what.maybe_executed);
  SUBCASE("unless its worker went first") {
    f.call({3});
    f.uut->link_lost();
    f.run_posted();
    CHECK(f.table->results.size() == 2);
  }
  SUBCASE("nor is the worker new") {
    f.call({3});
    f.uut->link_lost();
    f.uut->link_ready();
    f.link.refuses.reset();
    f.uut->on(peer_worker_up{1, {7}, "leaf", 2});
    f.run_posted();
    CHECK(f.table->results.size() == 2);
  }
}

TEST_CASE("who leaves waits for the calls that the peer has") {
  fixture f;
  f.call({1, 2});
  f.uut->leave();
  CHECK(f.table->only().draining);
  f.uut->on(peer_worker_up{1, {9}, "leaf", 2});
  f.answer({1});
  CHECK_FALSE(f.uut->is_over());
  f.answer({2});
  CHECK(f.uut->is_over());
  CHECK(f.table->results.size() == 2);
  CHECK(f.table->workers.empty());
}

TEST_CASE("a peer that says what cannot be is given up") {
  fixture f;
  SUBCASE("a backend that the release lacks") {
    f.uut->on(peer_worker_up{1, {8}, "root", 2});
  }
  SUBCASE("a worker twice") {
    f.uut->on(peer_worker_up{1, {7}, "leaf", 2});
  }
  SUBCASE("more results than calls") {
    f.call({1});
    f.answer({1, 2});
    CHECK(f.table->results.empty());
  }
  CHECK(f.link.given_up);
}

TEST_CASE("news of workers that are unknown change nothing") {
  fixture f;
  f.uut->on(peer_worker_drain{1, {99}});
  f.uut->on(peer_worker_down{1, {99}, {}});
  f.uut->on(peer_results{1, {99}, 1ms, 0, {}});
  f.uut->on(peer_suspended{1, {99}, 1});
  f.uut->on(peer_silence{1, {99}, true});
  CHECK(f.table->lost.empty());
  CHECK(f.table->results.empty());
  CHECK_FALSE(f.link.given_up);
}
