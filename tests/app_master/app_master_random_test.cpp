// Goal: whatever happens in whatever order, replay tells the same state as life
// did, nothing is acted on before it is durable and nothing written that not
// all can read (checked by the rig), no worker is leaked, and when things calm
// down the application is what it should be. Method: random commands, failures,
// crashes, and restarts of the daemon or of the app_master alone, from a seed.
#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

namespace {

class random_life {
public:
  explicit random_life(std::uint64_t seed) : random_(seed), rig_(seed) {
    rig_.lazy = true;
    // Another that may lead runs the version before, in every second life.
    rig_.format = 1 + seed % 2;
  }

  void live(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      check_workers();
    }
    check_replay();
  }

  void calm_down() {
    rig_.lazy = false;
    rig_.probe_fails = [](release_number) { return std::string{}; };
    finish_all();
    rig_.pass(15min);
    // A write that was called failed but was not shows at the next one.
    if (rig_.core->out_of_step()) {
      rig_.replace();
      rig_.pass(15min);
    }
    check_replay();
    check_converged();
  }

private:
  void step() {
    switch (random_.below(12)) {
      case 0:
        give_command();
        break;
      case 1:
      case 2:
      case 3:
        if (!rig_.inbox.empty())
          rig_.deliver();
        break;
      case 4:
      case 5:
        if (rig_.append)
          rig_.finish_append();
        break;
      case 6:
      case 7:
      case 8:
        if (auto key = any_body())
          rig_.finish(*key);
        break;
      case 9:
        if (auto key = any_body())
          break_body(*key);
        break;
      case 10:
        pass_time();
        break;
      default:
        rare_event();
    }
  }

  void give_command() {
    // Ids repeat now and then, as those of clients that try again.
    auto operation = "op-" + std::to_string(random_.below(40));
    switch (random_.below(5)) {
      case 0:
        rig_.command(delete_application{}, operation);
        break;
      case 1:
      case 2:
        rig_.command(scale_backend{random_.below(2) ? "back" : "front",
                                   1 + random_.below(5)},
                     operation);
        break;
      default:
        rig_.command(deploy_release{sample_spec(random_.below(4))}, operation);
    }
  }

  void break_body(worker_key key) {
    switch (random_.below(6)) {
      case 0:
        rig_.inbox.push_back(
          worker_unhealthy{key, "fails", random_.below(2) == 0});
        break;
      case 2:
        if (!rig_.bodies.at(key).ready)
          rig_.inbox.push_back(worker_delayed{key, "others start"});
        break;
      case 3:
        if (!rig_.bodies.at(key).ready)
          rig_.inbox.push_back(worker_begun{key});
        break;
      case 1:
        rig_.inbox.push_back(worker_outgrown{key, "takes too much"});
        break;
      default:
        rig_.crash_body(key);
    }
  }

  void pass_time() {
    auto span = std::chrono::milliseconds{random_.below(3'000)};
    rig_.now += random_.below(10) == 0 ? span * 20 : span;
    if (rig_.timer <= rig_.now) {
      rig_.timer = never;
      rig_.run(rig_.core->on_timer(rig_.now));
    }
  }

  void rare_event() {
    switch (random_.below(7)) {
      case 0:
        rig_.restart();
        break;
      case 1:
      case 2:
        rig_.replace();
        break;
      case 3:
        if (rig_.append)
          rig_.fail_append({errc::store_failed, "not written"});
        break;
      case 4:
        fail_after_writing();
        break;
      case 5:
        rig_.inbox.push_back(release_idle{{1 + random_.below(4)}});
        break;
      default: {
        auto refuse = random_.below(3) == 0;
        rig_.probe_fails
          = [refuse](release_number) { return refuse ? "bad" : ""; };
      }
    }
  }

  /// The journal has the changes, but nobody learns that.
  void fail_after_writing() {
    if (!rig_.append)
      return;
    auto request = *rig_.append;
    (void) rig_.store.append(
      {"shop", rig_.term, request.expected, wall_time{}, request.changes});
    rig_.fail_append({errc::store_failed, "written, or not"});
    if (random_.below(2) == 0)
      rig_.restart();
  }

  std::optional<worker_key> any_body() {
    if (rig_.bodies.empty())
      return std::nullopt;
    auto at = rig_.bodies.begin();
    std::advance(at,
                 random_.below(static_cast<std::uint32_t>(rig_.bodies.size())));
    return at->first;
  }

  void finish_all() {
    std::vector<worker_key> keys;
    for (const auto& [key, body] : rig_.bodies)
      keys.push_back(key);
    for (auto key : keys)
      rig_.finish(key);
  }

  void check_replay() {
    const auto& live = rig_.core->desired();
    desired_app replayed;
    auto journal = rig_.store.read("shop");
    for (const auto& entry : journal->entries)
      if (entry.number <= live.last)
        apply(replayed, entry.number, entry.change);
    CHECK(describe(replayed) == describe(live));
  }

  /// Every body is known under its key, unless its end is being reported.
  void check_workers() {
    if (rig_.core->deposed())
      return;
    CHECK(rig_.core->observed().workers.is_consistent());
    const auto& slots = rig_.core->observed().workers.all();
    for (const auto& [id, worker] : slots) {
      auto waits = !worker_cycle().row_of(worker.state).limit.empty();
      CHECK((worker.due != never) == waits);
    }
    for (const auto& [key, body] : rig_.bodies) {
      auto found = slots.find(key.id);
      auto known = found != slots.end() && found->second.key == key;
      CHECK((known || body.told_to_stop));
      if (known)
        CHECK(may_have_body(found->second.state));
    }
  }

  void check_converged() {
    const auto& desired = rig_.core->desired();
    CHECK_FALSE(desired.target);
    CHECK_FALSE(rig_.append);
    auto wanted = std::size_t{0};
    if (desired.serving)
      for (const auto& backend : desired.serving->spec->backends) {
        auto workers = desired.serving->workers_of(backend);
        wanted += workers;
        CHECK(rig_.bodies_of(backend.name, desired.serving->number).size()
              == workers);
        auto table = find_release(*rig_.last_table, desired.serving->number);
        REQUIRE(table);
        for (const auto& row : table->backends)
          if (row.name == backend.name)
            CHECK(row.workers.size() == workers);
      }
    CHECK(rig_.bodies.size() == wanted);
    CHECK(rig_.core->observed().workers.all().size() == wanted);
    auto status = rig_.core->status(rig_.now);
    if (desired.deleted)
      CHECK(status.error().code == errc::not_found);
    else if (desired.failed)
      CHECK(status->state == app_state::deploy_failed);
    else
      CHECK(status->state == app_state::running);
  }

  random_source random_;
  app_master_rig rig_;
};

} // namespace

TEST_CASE("replay equals life, no worker leaks, and calm brings convergence") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    random_life life{seed};
    for (int round = 0; round < 5; ++round) {
      life.live(100);
      life.calm_down();
    }
  }
}
