#include "load/load_driver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// A target in virtual time that answers after what `latency` says.
class fake_transport final : public load_transport {
public:
  std::function<duration(int number)> latency = [](int) { return 1ms; };
  std::size_t connections = 1'000'000;
  request_end answer = end_of_status(200);
  std::size_t most_open = 0;
  int started = 0;
  int abandoned = 0;
  /// The generator itself stands still once, at this time, for so long.
  duration freeze_at{-1};
  duration freeze_for{};

  time_point now() const noexcept override {
    return now_;
  }

  bool start(std::uint32_t slot, std::uint32_t, std::uint64_t,
             load_sink& sink) override {
    if (open_.size() >= connections)
      return false;
    sink_ = &sink;
    auto due = now_ + latency(started++);
    open_.emplace(due, slot);
    most_open = std::max(most_open, open_.size());
    return true;
  }

  void abandon(std::uint32_t slot) override {
    ++abandoned;
    std::erase_if(open_, [&](const auto& o) { return o.second == slot; });
  }

  time_point wait(time_point until) override {
    if (freeze_for > 0s && until >= time_point{freeze_at}) {
      now_ = time_point{freeze_at} + std::exchange(freeze_for, 0s);
      return now_;
    }
    if (open_.empty() || open_.begin()->first > until) {
      now_ = std::max(now_, until);
      return now_;
    }
    auto [due, slot] = *open_.begin();
    open_.erase(open_.begin());
    now_ = std::max(now_, due);
    sink_->on_end({slot, answer}, now_);
    return now_;
  }

private:
  time_point now_;
  load_sink* sink_ = nullptr;
  std::multimap<time_point, std::uint32_t> open_;
};

struct collector final : load_observer {
  std::vector<request_record> seen;

  void on_request(const request_record& request) override {
    seen.push_back(request);
  }
};

struct rig {
  fake_transport transport;
  collector log;
  std::atomic<bool> stop = false;
  driver_settings settings;
  request_mix mix;
  std::optional<load_driver> driver;

  rig() {
    settings.warm_up = 1s;
    settings.end = 11s;
    settings.timeout = 2s;
    mix.add("", 1);
  }

  const load_recorder& run(std::string_view rate = "") {
    std::optional<arrival_schedule> schedule;
    if (!rate.empty())
      schedule.emplace(std::make_shared<const rate_profile>(
                         *parse_rates(rate, settings.end)),
                       arrivals::even, 1);
    driver.emplace(settings, schedule, mix, transport, log, stop);
    driver->run();
    return driver->record();
  }
};

const auto ok = end_of_status(200);

} // namespace

TEST_CASE("an open loop sends every request when it is due") {
  rig r;
  const auto& record = r.run("100");
  CHECK(r.log.seen.size() == 1100);
  CHECK(record.count_of(ok) == 1000);
  CHECK(record.latency().max() == 1ms);
  CHECK(record.lag().max() == 0s);
  CHECK(record.ok_in_window() == 1000);
}

TEST_CASE("an open loop does not wait for a target that hangs, and its "
          "latency has the wait in it") {
  rig r;
  // For a second nothing is answered: those due meanwhile take up to 1 s.
  r.transport.latency = [](int number) -> duration {
    return number >= 500 && number < 600 ? (600 - number) * 10ms : 1ms;
  };
  const auto& record = r.run("100");
  CHECK(record.count_of(ok) == 1000);
  CHECK(r.transport.most_open == 100);
  CHECK(record.latency().max() == 1s);
  CHECK(record.latency().at(0.95) > 400ms);
}

TEST_CASE("requests that find all connections busy count from when they were "
          "due") {
  rig r;
  r.transport.connections = 1;
  r.transport.latency = [](int) { return 15ms; };
  r.settings.end = 2s;
  r.settings.timeout = 100s;
  const auto& record = r.run("100");
  // 200 requests of 15 ms one after the other take 3 s.
  CHECK(record.count_of(ok) == 100);
  CHECK(record.waited() > 90);
  CHECK(std::abs((record.latency().max() - 1010ms) / 1ms) <= 5);
  CHECK(record.service().max() == 15ms);
  CHECK(record.lag().max() == 0s);
}

TEST_CASE("a generator that stands still knows it") {
  rig r;
  r.transport.freeze_at = 5s;
  r.transport.freeze_for = 500ms;
  const auto& record = r.run("100");
  CHECK(record.count_of(ok) == 1000);
  CHECK(record.lag().max() >= 490ms);
  CHECK(record.lag().at(0.5) == 0s);
  CHECK(record.latency().max() >= 490ms);
}

TEST_CASE("a closed loop keeps as many in flight as it should") {
  rig r;
  r.settings.in_flight = 8;
  r.transport.latency = [](int) { return 10ms; };
  const auto& record = r.run();
  CHECK(r.transport.most_open == 8);
  CHECK(record.ok_in_window() == 8000);
  CHECK(record.latency().max() == 10ms);
}

TEST_CASE("a request without answer is given up after its time-out") {
  rig r;
  r.transport.latency = [](int number) -> duration {
    return number == 300 ? 1h : duration{1ms};
  };
  const auto& record = r.run("100");
  CHECK(record.count_of(request_end::timed_out) == 1);
  CHECK(record.count_of(ok) == 999);
  CHECK(r.transport.abandoned == 1);
}

TEST_CASE("a failed request is sent again as often as it may, and counts once "
          "from when it was due") {
  rig r;
  r.settings.retries = 2;
  r.transport.answer = end_of_status(503);
  const auto& record = r.run("100");
  CHECK(record.count_of(r.transport.answer) == 1000);
  CHECK(std::abs(r.transport.started - 3300) <= 3);
  auto& third = r.log.seen[2];
  CHECK(third.attempt == 2);
  CHECK(third.intended == r.log.seen[0].intended);
}

TEST_CASE("what another attempt cannot better is not sent again") {
  for (auto answer : {ok, end_of_status(400), request_end::wrong_answer}) {
    rig r;
    r.settings.retries = 2;
    r.transport.answer = answer;
    r.run("100");
    CHECK(r.transport.started == 1100);
  }
}

TEST_CASE("what is under way at the end gets its time-out, no longer") {
  rig r;
  r.transport.latency = [](int number) -> duration {
    return number == 1099 ? 1500ms : duration{1ms};
  };
  CHECK(r.run("100").count_of(ok) == 1000);
  rig late;
  late.settings.timeout = 100ms;
  late.transport.latency = [](int) { return 1h; };
  const auto& record = late.run("100");
  CHECK(record.count_of(ok) == 0);
  CHECK(record.count_of(request_end::timed_out)
          + record.count_of(request_end::unfinished)
        == 1000);
}

TEST_CASE("a closed loop pauses before it tries a lost target again") {
  rig r;
  r.settings.in_flight = 1;
  r.transport.answer = request_end::not_connected;
  r.transport.latency = [](int) { return 0s; };
  r.run();
  CHECK(r.transport.started <= 1101);
  CHECK(r.transport.started > 300);
}

TEST_CASE("a wish to stop ends the run early, with what it has") {
  rig r;
  r.settings.in_flight = 1;
  r.transport.latency = [&r](int number) {
    r.stop = number >= 2000;
    return 1ms;
  };
  const auto& record = r.run();
  CHECK(r.driver->stopped_at() < 2100ms);
  CHECK(record.count_of(ok) > 900);
  CHECK(record.count_of(ok) < 1100);
}

TEST_CASE("ids are unique over the threads of a run") {
  std::vector<std::uint64_t> ids;
  for (std::uint32_t share = 0; share < 3; ++share) {
    rig r;
    r.settings.share = share;
    r.settings.shares = 3;
    r.run("100");
    for (const auto& request : r.log.seen)
      ids.push_back(request.id);
  }
  std::ranges::sort(ids);
  CHECK(std::ranges::adjacent_find(ids) == ids.end());
  CHECK(ids.front() == 1);
}
