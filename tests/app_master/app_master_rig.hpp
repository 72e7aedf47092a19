#pragma once

#include "app_master/app_master.hpp"
#include "app_master/handover.hpp"
#include "spec/spec_json.hpp"
#include "store/memory_store.hpp"
#include "wire/journal_records.hpp"

#include "support/sample_spec.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace serval {

inline std::string describe(const std::optional<release_record>& release) {
  std::ostringstream out;
  if (release) {
    out << release->number.value << " " << release->hash;
    for (const auto& [backend, workers] : release->scaled)
      out << " " << backend << "=" << workers;
  }
  return out.str();
}

inline std::string describe(const desired_app& app) {
  std::ostringstream out;
  out << app.last.value << "/" << app.newest.value << "/" << app.deleted
      << "/serving " << describe(app.serving) << "/target "
      << describe(app.target) << "/failed ";
  if (app.failed)
    out << app.failed->number.value << " " << app.failed->reason;
  for (const auto& known : app.operations)
    out << "/" << known.id << " " << known.number.value;
  return out.str();
}

/// An app_master with a journal, a virtual clock and a node of wax: it does
/// what it is told, and its reports lie in `inbox` until they are delivered.
class app_master_rig {
public:
  struct body {
    worker_order order;
    bool ready = false;
    bool told_to_stop = false;
    bool to_drain = false;
  };

  explicit app_master_rig(std::uint64_t seed = 1) : seed_(seed) {
    restart();
  }

  /// The daemon dies, its workers with it, and starts again.
  void restart() {
    bodies.clear();
    last_table = nullptr;
    left = nullptr;
    highest_id = {};
    append.reset();
    compact_up_to.reset();
    term = store.lease("n1", std::chrono::hours{1})->epoch;
    start_core();
  }

  /// The app_master ends, its node lives on, and another takes its place. What
  /// is on its way to the journal gets there, unheard.
  void replace() {
    if (append)
      (void) store.append(
        {"shop", term, append->expected, wall_time{}, append->changes});
    append.reset();
    if (compact_up_to)
      (void) compact(store, "shop", term, *compact_up_to);
    compact_up_to.reset();
    start_core();
  }

  /// What the node tells an app_master that starts.
  app_inventory inventory() const {
    app_inventory stock;
    for (const auto& [key, body] : bodies)
      stock.workers.push_back({key, body.order.release, body.order.spec,
                               body.order.backend, state_of(body),
                               body.ready ? pid_of(key) : 0});
    stock.table = last_table;
    stock.acked = last_table && answers_tables ? last_table->version : 0;
    stock.highest_id = highest_id;
    return stock;
  }

  std::uint64_t command(decltype(app_command::what) what,
                        std::string operation = {}) {
    core->write_up_to(format);
    auto ticket = ++last_ticket;
    if (operation.empty())
      operation = "op-" + std::to_string(++last_operation);
    run(core->handle({{operation, "maria", ""}, std::move(what)}, ticket,
                     now));
    return ticket;
  }

  /// Does what lies in the journal's queue and the inbox until both are empty.
  void settle() {
    while (append || compact_up_to || !inbox.empty())
      if (append)
        finish_append();
      else if (compact_up_to)
        finish_compaction();
      else
        deliver();
  }

  /// Lets time pass, with all timers and reports in between.
  void pass(duration span) {
    auto end = now + span;
    settle();
    while (timer <= end) {
      now = std::max(now, timer);
      timer = never;
      run(core->on_timer(now));
      settle();
    }
    now = end;
  }

  void deliver() {
    auto report = std::move(inbox.front());
    inbox.pop_front();
    run(core->on_reports({report}, now));
  }

  void finish_append() {
    auto request = std::move(*append);
    append.reset();
    auto outcome = store.append(
      {"shop", term, request.expected, wall_time{}, request.changes});
    if (outcome)
      acknowledged = *outcome;
    run(core->on_appended(outcome, now));
  }

  void finish_compaction() {
    auto upto = std::exchange(compact_up_to, std::nullopt);
    run(core->on_compacted(compact(store, "shop", term, *upto), now));
  }

  void fail_append(error why) {
    REQUIRE(append);
    append.reset();
    run(core->on_appended(why, now));
  }

  /// Ends what a lazy node was told to do with a worker. No effect if that is
  /// nothing.
  void finish(worker_key key) {
    auto& body = bodies.at(key);
    if (body.told_to_stop) {
      bodies.erase(key);
      inbox.push_back(worker_stopped{key});
    } else if (!body.ready) {
      body.ready = true;
      inbox.push_back(worker_ready{key, pid_of(key)});
    }
  }

  static std::int64_t pid_of(worker_key key) {
    return static_cast<std::int64_t>(key.id.value * 100 + key.incarnation);
  }

  /// A body goes down by itself.
  void crash_body(worker_key key, std::string reason = "killed by signal 9") {
    bodies.erase(key);
    inbox.push_back(worker_died{key, std::move(reason)});
  }

  app_status status() const {
    auto found = core->status(now);
    REQUIRE(found);
    return *found;
  }

  /// The bodies of a backend, of all releases or of one.
  std::vector<worker_key> bodies_of(std::string_view backend,
                                    release_number release = {}) const {
    std::vector<worker_key> out;
    for (const auto& [key, body] : bodies)
      if (body.order.backend == backend
          && (!release || body.order.release == release))
        out.push_back(key);
    return out;
  }

  void run(const effects& what) {
    for (const auto& one : what) {
      // The promise of the journal: nothing is done before it is durable.
      CHECK(one.after <= acknowledged);
      std::visit([this](const auto& x) { obey(x); }, one.what);
    }
  }

  supervision_options options;
  time_point now{};
  memory_store store{[this] { return now; }};
  serval::epoch term;
  std::unique_ptr<app_master> core;
  std::map<worker_key, body> bodies;
  std::deque<node_report> inbox;
  std::size_t starts = 0;
  std::optional<append_changes> append;
  std::optional<sequence> compact_up_to;
  sequence acknowledged;
  std::map<std::uint64_t, result<app_status>> answers;
  std::shared_ptr<const app_table> last_table;
  std::shared_ptr<const handover> left;
  worker_id highest_id;
  std::vector<std::shared_ptr<const app_table>> tables;
  time_point timer = never;
  std::uint64_t last_ticket = 0;
  std::uint64_t last_operation = 0;
  /// Decides how a start ends: empty, or why it fails.
  std::function<std::string(const worker_order&)> start_fails
    = [](const worker_order&) { return std::string{}; };
  /// The same of a probe.
  std::function<std::string(release_number)> probe_fails
    = [](release_number) { return std::string{}; };
  /// Of the term.
  std::uint64_t first_table = 0;
  /// The highest that whoever leads next can read.
  std::uint16_t format = journal_format;
  bool answers_tables = true;
  /// All orders to stop a worker.
  std::vector<stop_worker> stops;
  /// Starts and stops take until `finish` is called for the worker.
  bool lazy = false;

private:
  void start_core() {
    inbox.clear();
    answers.clear();
    timer = never;
    acknowledged = {};
    app_master::settings how;
    how.app = "shop";
    how.seed = ++seed_;
    how.supervision = options;
    how.first_table = first_table;
    core = std::make_unique<app_master>(how);
    core->write_up_to(format);
    auto from = store.read("shop");
    acknowledged = from->last;
    run(core->recover(*from, inventory(), now, left));
  }

  static worker_state state_of(const body& body) {
    if (body.told_to_stop)
      return body.to_drain ? worker_state::draining : worker_state::stopping;
    return body.ready ? worker_state::ready : worker_state::starting;
  }

  void obey(const probe_release& x) {
    auto reason = probe_fails(x.release);
    inbox.push_back(release_probed{x.release, reason.empty(), reason, {}});
  }

  void obey(const start_worker& x) {
    const auto& key = x.order.key;
    for (const auto& [other, body] : bodies)
      if (other.id == key.id)
        FAIL_CHECK("a slot has two bodies");
    if (auto reason = start_fails(x.order); !reason.empty() && !lazy) {
      inbox.push_back(worker_failed{key, reason});
      return;
    }
    highest_id = std::max(highest_id, key.id);
    ++starts;
    bodies.emplace(key, body{x.order, !lazy, false, false});
    if (lazy)
      return;
    inbox.push_back(worker_ready{key, pid_of(key)});
  }

  void obey(const stop_worker& x) {
    stops.push_back(x);
    if (auto found = bodies.find(x.key); lazy && found != bodies.end()) {
      found->second.told_to_stop = true;
      found->second.to_drain = x.drain;
      return;
    }
    bodies.erase(x.key);
    inbox.push_back(worker_stopped{x.key});
  }

  void obey(const publish_table& x) {
    if (last_table)
      CHECK(x.table->version > last_table->version);
    for (const auto& release : x.table->releases)
      for (const auto& backend : release.backends)
        for (auto id : backend.workers)
          check_listed(id, release.release, backend.name);
    last_table = x.table;
    tables.push_back(x.table);
    if (answers_tables)
      inbox.push_back(table_acked{x.table->version});
  }

  void obey(const append_changes& x) {
    CHECK_FALSE(append);
    for (const auto& change : x.changes)
      CHECK(format_of(change.what) <= format);
    append = x;
  }

  void obey(const compact_journal& x) {
    CHECK_FALSE(compact_up_to);
    compact_up_to = x.upto;
  }

  void obey(const answer_command& x) {
    CHECK(answers.emplace(x.ticket, x.outcome).second);
  }

  void obey(const set_timer& x) {
    CHECK(x.due > now - std::chrono::hours{1});
    timer = x.due;
  }

  void obey(const leave_handover& x) {
    left = x.what;
  }

  void check_listed(worker_id id, release_number release,
                    const std::string& backend) {
    const auto& workers = core->observed().workers.all();
    auto found = workers.find(id);
    REQUIRE(found != workers.end());
    CHECK(serves(found->second.state));
    CHECK(found->second.release == release);
    CHECK(found->second.backend == backend);
  }

  std::uint64_t seed_;
};

inline void deploy_and_settle(app_master_rig& rig, std::int64_t version = 1) {
  rig.command(deploy_release{sample_spec(version)});
  rig.settle();
}

inline bool says(const std::string& message, std::string_view part) {
  CAPTURE(message);
  return message.find(part) != std::string::npos;
}

} // namespace serval
