#pragma once

#include "dispatcher/dispatcher.hpp"
#include "dispatcher/fake_workers.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// A dispatcher with workers that take their time, in virtual time: some of
/// them slow, frozen or failing on command.
class simulated_workers final : public dispatcher_effects {
public:
  struct worker {
    /// Times the usual service time.
    double slowness = 1;
    bool frozen = false;
    bool failing = false;
    std::deque<worker_call> queue;
    struct running_call {
      worker_call call;
      /// How much work is left.
      duration left;
    };
    std::vector<running_call> running;
    /// Ticks without a sign of life.
    int quiet_ticks = 0;
    bool told_silent = false;
    std::uint64_t sent = 0;
  };

  /// One step of the simulation.
  static constexpr duration tick = std::chrono::microseconds{500};
  /// How soon the daemon knows that a process is frozen.
  static constexpr int silent_ticks = 1600; // 0.8 s

  simulated_workers(std::uint64_t seed, std::uint32_t count,
                    std::uint32_t concurrency, bool idempotent)
    : random(seed), concurrency_(concurrency) {
    subject.add_backend("leaf", 1000, idempotent);
    for (std::uint64_t id = 1; id <= count; ++id) {
      workers[id] = {};
      subject.add_worker("leaf", {worker_id{id}, concurrency, locality::loop});
    }
  }

  /// Lets time pass under a load of so many requests per second.
  void pass(duration span, double rate, duration service,
            duration deadline = std::chrono::seconds{2}) {
    for (auto end = now + span; now < end; now += tick) {
      auto mean = rate * std::chrono::duration<double>(tick).count();
      for (due_ += mean; due_ >= 1; due_ -= 1)
        request(deadline);
      if (random.unit() < due_) {
        request(deadline);
        due_ -= 1;
      }
      for (auto& [id, each] : workers)
        work(id, each, service);
      if (auto next = subject.next_expiry(); next && *next <= now)
        subject.expire(now);
      if (each_tick)
        each_tick();
    }
  }

  std::uint32_t ejected() const {
    std::uint32_t count = 0;
    subject.for_each_backend([&](auto, const backend_counters& counters) {
      count = static_cast<std::uint32_t>(counters.ejected);
    });
    return count;
  }

  std::uint64_t sent_to(std::uint64_t id) const {
    return workers.at(id).sent;
  }

  std::uint64_t sent_to_all() const {
    std::uint64_t sum = 0;
    for (auto& [id, each] : workers)
      sum += each.sent;
    return sum;
  }

  /// A worker dies with all that it has.
  void kill(std::uint64_t id) {
    workers.erase(id);
    subject.worker_died({id}, now);
  }

  void send(worker_id to, std::vector<worker_call> calls) override {
    auto& each = workers.at(to.value);
    each.sent += calls.size();
    for (auto& call : calls)
      each.queue.push_back(std::move(call));
  }

  void cancel(worker_id to, std::vector<call_id> calls) override {
    auto& each = workers.at(to.value);
    for (auto id : calls) {
      auto found = std::ranges::find(each.queue, id, &worker_call::id);
      if (found == each.queue.end())
        continue;
      cancelled_[to.value].push_back(id);
      each.queue.erase(found);
    }
  }

  void done(map_id, map_outcomes outcomes) override {
    for (auto& each : outcomes) {
      ++(each.ok() ? good : bad);
      if (!each.ok())
        ++by_code[*each.code];
    }
  }

  random_source random;
  poison_table poison;
  dispatcher subject{0, 1, *this, poison};
  time_point now{std::chrono::hours{1}};
  std::map<std::uint64_t, worker> workers;
  std::uint64_t begun = 0;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::map<errc, std::uint64_t> by_code;
  /// Of a service time, for what is not always the same.
  std::function<double()> spread = [] { return 1.0; };
  std::function<void()> each_tick;

private:
  void request(duration deadline) {
    ++begun;
    subject.begin(make_map(1, now + deadline), now);
  }

  void work(std::uint64_t id, worker& each, duration service) {
    tell_silence(id, each);
    if (each.frozen)
      return;
    std::vector<call_result> results;
    for (auto cancelled : std::exchange(cancelled_[id], {}))
      results.push_back({cancelled, outcome::failure(errc::cancelled, "")});
    while (each.running.size() < concurrency_ && !each.queue.empty()) {
      auto work = static_cast<double>(service.count()) * each.slowness
                  * spread();
      each.running.push_back({std::move(each.queue.front()),
                              duration{static_cast<std::int64_t>(work)}});
      each.queue.pop_front();
    }
    for (auto& call : each.running)
      call.left -= tick;
    std::erase_if(each.running, [&](auto& call) {
      if (call.left > duration{0})
        return false;
      results.push_back({call.call.id,
                         each.failing
                           ? outcome::failure(errc::user_error, "", true)
                           : outcome::success("")});
      return true;
    });
    subject.results({id}, std::move(results), service, now);
  }

  void tell_silence(std::uint64_t id, worker& each) {
    each.quiet_ticks = each.frozen ? each.quiet_ticks + 1 : 0;
    auto silent = each.quiet_ticks >= silent_ticks;
    if (silent == each.told_silent)
      return;
    each.told_silent = silent;
    subject.worker_silent({id}, silent, now);
  }

  std::uint32_t concurrency_;
  double due_ = 0;
  std::map<std::uint64_t, std::vector<call_id>> cancelled_;
};

} // namespace serval
