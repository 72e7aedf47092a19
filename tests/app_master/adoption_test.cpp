// Goal: an app_master can end at any moment beside a living node, and nobody
// who is served notices. Method: it is replaced at every step of a life, and
// held against one that was not.
#include "app_master/app_master_rig.hpp"

#include <algorithm>

using namespace serval;
using namespace std::chrono_literals;

namespace {

struct life_end {
  std::string desired;
  std::map<std::string, std::size_t> workers;
  std::size_t starts = 0;
  std::string state;

  friend bool operator==(const life_end&, const life_end&) = default;
};

using script = std::vector<decltype(app_command::what)>;

/// Does one thing that can happen now, chosen by chance; whether there was one.
bool step(app_master_rig& rig, random_source& random) {
  std::vector<std::function<void()>> possible;
  if (rig.append)
    possible.emplace_back([&] { rig.finish_append(); });
  if (!rig.inbox.empty())
    possible.emplace_back([&] { rig.deliver(); });
  for (const auto& [key, body] : rig.bodies)
    if (!body.ready || body.told_to_stop)
      possible.emplace_back([&rig, key = key] { rig.finish(key); });
  if (possible.empty())
    return false;
  possible[random.below(static_cast<std::uint32_t>(possible.size()))]();
  return true;
}

/// Whether the application's entry has workers in the table, if it is to serve.
bool serves_if_it_should(const app_master_rig& rig) {
  const auto& desired = rig.core->desired();
  if (!desired.serving || !rig.last_table || !rig.last_table->serving)
    return true;
  auto* release = find_release(*rig.last_table, rig.last_table->serving);
  return release != nullptr
         && std::ranges::none_of(release->backends, [](const auto& backend) {
              return backend.workers.empty();
            });
}

/// Lives through all commands; the app_master is replaced after `drop_at`
/// steps. Sets `steps` to how many there were.
life_end live(const script& commands, std::uint64_t seed, std::size_t drop_at,
              std::size_t& steps) {
  app_master_rig rig{seed};
  random_source random{seed};
  rig.lazy = true;
  steps = 0;
  auto settle = [&] {
    do {
      if (steps++ == drop_at)
        rig.replace();
      CHECK(serves_if_it_should(rig));
    } while (step(rig, random));
  };
  for (const auto& command : commands) {
    rig.command(command);
    settle();
    // Releases that leave are given time for their requests.
    rig.now += 5min;
    rig.run(rig.core->on_timer(rig.now));
    settle();
  }
  life_end end;
  end.desired = describe(rig.core->desired());
  for (const auto& [key, body] : rig.bodies)
    ++end.workers[body.order.backend + "/"
                  + std::to_string(body.order.release.value)];
  end.starts = rig.starts;
  auto status = rig.core->status(rig.now);
  end.state = status ? status->message : status.error().message;
  return end;
}

} // namespace

TEST_CASE("an app_master that is dropped at any step ends where one ends that "
          "was not, and starts no worker twice") {
  const script commands
    = {deploy_release{sample_spec(1)}, scale_backend{"back", 4},
       deploy_release{sample_spec(2)}, scale_backend{"back", 1},
       delete_application{},           deploy_release{sample_spec(3)},
       scale_backend{"front", 3},      scale_backend{"front", 2}};
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    std::size_t steps = 0;
    const auto expected = live(commands, seed, ~std::size_t{0}, steps);
    CHECK(expected.workers.at("back/3") == 2);
    CHECK(expected.workers.at("front/3") == 2);
    CHECK(steps > 50);
    for (std::size_t at = 0; at < steps; ++at) {
      CAPTURE(seed);
      CAPTURE(at);
      std::size_t ignored = 0;
      auto found = live(commands, seed, at, ignored);
      CHECK(found.desired == expected.desired);
      CHECK(found.workers == expected.workers);
      CHECK(found.state == expected.state);
      CHECK(found.starts == expected.starts);
    }
  }
}

TEST_CASE("what runs as it should is not touched") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.settle();
  rig.crash_body(rig.bodies_of("back")[0]);
  rig.settle();
  auto before = rig.status();
  auto tables = rig.tables.size();
  auto starts = rig.starts;
  rig.replace();
  rig.settle();
  auto after = rig.status();
  CHECK(after.state == app_state::running);
  CHECK(rig.starts == starts);
  CHECK(rig.tables.size() == tables);
  for (std::size_t i = 0; i < before.backends.size(); ++i) {
    auto& mine = after.backends[i].workers;
    auto& theirs = before.backends[i].workers;
    REQUIRE(mine.size() == theirs.size());
    for (std::size_t j = 0; j < mine.size(); ++j) {
      CHECK(mine[j].id == theirs[j].id);
      CHECK(mine[j].pid == theirs[j].pid);
      CHECK(mine[j].restarts == theirs[j].restarts);
    }
  }
}

TEST_CASE("a scaling that is in the journal and not yet done goes on, with ids "
          "above all that were ever used, and drains who has to go") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.settle();
  auto highest = rig.highest_id;
  // Its end is no reason to use its id again.
  for (auto workers : {3u, 2u}) {
    rig.command(scale_backend{"back", workers});
    rig.settle();
    rig.pass(1min);
  }
  CHECK(rig.highest_id > highest);
  highest = rig.highest_id;
  auto before = rig.bodies_of("back");
  rig.command(scale_backend{"back", 4});
  rig.replace();
  rig.settle();
  auto more = rig.bodies_of("back");
  REQUIRE(more.size() == 4);
  CHECK(more[0] == before[0]);
  CHECK(more[1] == before[1]);
  CHECK(more[2].id > highest);

  rig.lazy = true;
  rig.command(scale_backend{"back", 1});
  rig.replace();
  rig.settle();
  std::size_t draining = 0;
  for (const auto& [key, body] : rig.bodies)
    draining += body.told_to_stop && body.to_drain;
  CHECK(draining == 3);
  CHECK(find_release(*rig.last_table, {1})->backends[0].workers.size() == 1);
}

TEST_CASE("a release that leaves keeps its workers for requests in progress, "
          "also under another app_master") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec(1)});
  rig.settle();
  rig.command(deploy_release{sample_spec(2)});
  rig.settle();
  REQUIRE(rig.bodies_of("back", {1}).size() == 2);
  rig.replace();
  rig.settle();
  CHECK(rig.bodies_of("back", {1}).size() == 2);
  REQUIRE(find_release(*rig.last_table, {1}));
  rig.pass(1min);
  CHECK(rig.bodies_of("back", {1}).empty());
  CHECK(find_release(*rig.last_table, {1}) == nullptr);
  CHECK(rig.bodies_of("back", {2}).size() == 2);
}

TEST_CASE("a deletion in the journal goes on") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.settle();
  rig.command(delete_application{});
  rig.replace();
  rig.settle();
  rig.pass(1min);
  CHECK(rig.bodies.empty());
  CHECK(rig.last_table->deleted);
  CHECK(rig.core->status(rig.now).error().code == errc::not_found);
}

TEST_CASE("an app_master whose journal is ahead says so, and the next one goes "
          "on with the same operation") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.settle();
  // It was written, but nobody learns that.
  rig.command(scale_backend{"back", 5}, "first");
  (void) rig.store.append({"shop", rig.term, rig.append->expected, wall_time{},
                           rig.append->changes});
  rig.fail_append({errc::store_failed, "written, or not"});
  auto ticket = rig.command(scale_backend{"front", 2}, "second");
  rig.settle();
  CHECK(rig.core->out_of_step());
  CHECK(rig.answers.at(ticket).error().code == errc::unavailable);
  auto refused = rig.command(scale_backend{"front", 2}, "second");
  CHECK(rig.answers.at(refused).error().code == errc::unavailable);
  rig.replace();
  rig.settle();
  CHECK(rig.bodies_of("back").size() == 5);
  auto again = rig.command(scale_backend{"back", 5}, "first");
  CHECK(rig.answers.at(again).has_value());
  rig.command(scale_backend{"front", 2}, "second");
  rig.settle();
  CHECK(rig.bodies_of("front").size() == 2);
  CHECK(rig.core->desired().newest.value == 1);
}
