// Goal: workers that the store does not know are kept until an operator says
// what is to become of them. Method: the journal of one rig beside the bodies
// of another.
#include "app_master/orphans.hpp"

#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// The journal knows release 1 alone; the workers are those of `later`.
void lose_journal(app_master_rig& rig, const app_master_rig& later) {
  deploy_and_settle(rig, 1);
  rig.bodies = later.bodies;
  rig.last_table = later.last_table;
  rig.highest_id = later.highest_id;
  rig.lazy = later.lazy;
  rig.starts = 0;
  rig.stops.clear();
  rig.replace();
  rig.settle();
}

/// A node on which release 2 serves.
app_master_rig& two_releases(app_master_rig& rig) {
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 2);
  rig.pass(1min);
  return rig;
}

std::size_t orphans_of(const app_master_rig& rig) {
  return rig.core->observed().unknown.size();
}

} // namespace

TEST_CASE("workers that the journal does not know are kept, shown and never "
          "stopped, and nothing is changed beside them") {
  for (auto journal_has_a_release : {false, true}) {
    CAPTURE(journal_has_a_release);
    app_master_rig rig;
    rig.command(deploy_release{sample_spec(1)});
    rig.settle();
    rig.command(deploy_release{sample_spec(2)});
    rig.settle();
    rig.pass(1min);
    // The store of yesterday beside the workers of today.
    app_master_rig old;
    if (journal_has_a_release) {
      old.command(deploy_release{sample_spec(1)});
      old.settle();
    }
    auto tables = old.tables.size();
    old.bodies = rig.bodies;
    old.last_table = rig.last_table;
    old.highest_id = rig.highest_id;
    old.replace();
    old.settle();
    old.pass(15min);
    CHECK(old.bodies.size() == 3);
    CHECK(old.tables.size() == tables);
    CHECK(old.status().state == app_state::unhealthy);
    CHECK(old.status().message.find("3 of its workers are orphans")
          != std::string::npos);
    auto refused = old.command(deploy_release{sample_spec(4)});
    CHECK(old.answers.at(refused).error().code == errc::conflict);
    CHECK_FALSE(old.append);
    // One that hangs or takes too much is no reason to end it.
    auto key = old.bodies.begin()->first;
    old.inbox.push_back(worker_unhealthy{key, "hangs"});
    old.inbox.push_back(worker_outgrown{key, "grows"});
    old.settle();
    CHECK(old.bodies.size() == 3);
    // When the last is gone, the journal is what counts.
    for (auto body : rig.bodies_of("back"))
      old.crash_body(body);
    old.settle();
    CHECK(old.bodies.size() == 1);
    old.crash_body(rig.bodies_of("front")[0]);
    old.settle();
    old.pass(1min);
    CHECK(old.bodies.size() == (journal_has_a_release ? 3 : 0));
  }
}

TEST_CASE("a release of the same number with other content is an orphan too") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec(1)});
  rig.settle();
  app_master_rig other;
  other.command(deploy_release{sample_spec(2)});
  other.settle();
  other.bodies = rig.bodies;
  other.last_table = rig.last_table;
  other.replace();
  other.settle();
  CHECK(other.bodies_of("back") == rig.bodies_of("back"));
  CHECK(other.bodies_of("front") == rig.bodies_of("front"));
  CHECK(other.status().state == app_state::unhealthy);
}

TEST_CASE("one worker of other content makes orphans of all that have its "
          "number") {
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  auto other = std::make_shared<const app_spec>(sample_spec(2));
  rig.bodies.rbegin()->second.order.spec = other;
  rig.replace();
  rig.pass(15min);
  CHECK(orphans_of(rig) == 1);
  CHECK(says(rig.status().message, "3 of its workers are orphans"));
  CHECK(rig.bodies.size() == 3);
  rig.command(discard_orphans{});
  rig.settle();
  rig.pass(1min);
  CHECK(rig.bodies.size() == 3);
  for (const auto& [key, body] : rig.bodies) {
    CHECK(body.order.release.value == 2);
    CHECK(*body.order.spec == sample_spec(1));
  }
}

TEST_CASE("adopted orphans serve on as they are, and the journal says so") {
  app_master_rig later;
  two_releases(later);
  later.command(scale_backend{"back", 5});
  later.settle();
  app_master_rig rig;
  lose_journal(rig, later);
  REQUIRE(orphans_of(rig) == 1);
  auto tables = rig.tables.size();
  auto ticket = rig.command(adopt_orphans{}, "adopt");
  CHECK_FALSE(rig.answers.contains(ticket));
  rig.settle();
  CHECK(rig.answers.at(ticket)->state == app_state::running);
  CHECK(orphans_of(rig) == 0);
  auto untouched = [&] {
    return rig.starts == 0 && rig.stops.empty() && rig.tables.size() == tables;
  };
  rig.pass(15min);
  CHECK(untouched());
  // So it is for the next app_master, and for the next command.
  rig.replace();
  rig.pass(15min);
  CHECK(untouched());
  CHECK(rig.status().release.value == 2);
  CHECK(rig.core->routes() == std::set<std::string>{sample_spec().route});
  auto again = rig.command(adopt_orphans{}, "adopt");
  CHECK(rig.answers.at(again).has_value());
  auto other = rig.command(adopt_orphans{}, "adopt again");
  CHECK(rig.answers.at(other).error().code == errc::conflict);
  rig.restart();
  rig.settle();
  CHECK(rig.bodies_of("back", {2}).size() == 5);
  deploy_and_settle(rig, 3);
  CHECK(rig.status().release.value == 3);
}

TEST_CASE("orphans are not decided on before whoever leads next can read it") {
  app_master_rig later;
  two_releases(later);
  app_master_rig rig;
  lose_journal(rig, later);
  auto is_refused = [&](std::uint64_t ticket) {
    auto& answer = rig.answers.at(ticket);
    return !answer && answer.error().code == errc::conflict
           && answer.error().message.find("an older version")
                != std::string::npos;
  };
  rig.format = 1;
  CHECK(is_refused(rig.command(adopt_orphans{})));
  CHECK(is_refused(rig.command(discard_orphans{})));
  CHECK_FALSE(rig.append);
  rig.format = 2;
  auto ticket = rig.command(adopt_orphans{});
  rig.settle();
  CHECK(rig.answers.at(ticket).has_value());
}

TEST_CASE("an adopted release that was coming up goes on coming up") {
  app_master_rig later;
  deploy_and_settle(later, 1);
  later.lazy = true;
  deploy_and_settle(later, 2);
  REQUIRE(later.bodies_of("back", {2}).size() == 2);
  app_master_rig rig;
  lose_journal(rig, later);
  REQUIRE(orphans_of(rig) == 1);
  CHECK(rig.status().state == app_state::unhealthy);
  rig.command(adopt_orphans{});
  rig.settle();
  CHECK(rig.core->desired().serving->number.value == 1);
  CHECK(rig.core->desired().target->number.value == 2);
  for (auto key : rig.bodies_of("back", {2}))
    rig.finish(key);
  for (auto key : rig.bodies_of("front", {2}))
    rig.finish(key);
  rig.settle();
  CHECK(rig.core->desired().serving->number.value == 2);
  CHECK(rig.starts == 0);
}

TEST_CASE("discarded orphans lose their traffic and finish what they have, the "
          "journal's release comes up, and no number of theirs is used again") {
  app_master_rig later;
  two_releases(later);
  app_master_rig rig;
  lose_journal(rig, later);
  auto orphans = rig.bodies_of("back", {2});
  auto ticket = rig.command(discard_orphans{}, "discard");
  CHECK(rig.stops.empty());
  rig.settle();
  CHECK(rig.answers.at(ticket).has_value());
  CHECK(rig.last_table->serving.value == 1);
  CHECK(rig.bodies_of("back", {1}).size() == 2);
  CHECK(rig.bodies_of("back", {2}) == orphans);
  rig.pass(1min);
  CHECK(rig.bodies_of("back", {2}).empty());
  for (const auto& stop : rig.stops)
    CHECK(stop.drain);
  CHECK(rig.status().state == app_state::running);
  deploy_and_settle(rig, 3);
  CHECK(rig.status().release.value == 3);
}

TEST_CASE("orphans of an application that the journal says is deleted can be "
          "adopted and discarded") {
  for (bool adopts : {false, true}) {
    CAPTURE(adopts);
    app_master_rig later;
    two_releases(later);
    app_master_rig rig;
    rig.bodies = later.bodies;
    rig.last_table = later.last_table;
    rig.highest_id = later.highest_id;
    rig.replace();
    REQUIRE(orphans_of(rig) == 1);
    if (adopts)
      rig.command(adopt_orphans{});
    else
      rig.command(discard_orphans{});
    rig.settle();
    rig.pass(1min);
    CHECK(rig.bodies.size() == (adopts ? 3 : 0));
    CHECK(rig.core->desired().newest.value == 2);
  }
}

TEST_CASE("an app_master that ends while orphans are decided on leaves them "
          "undecided or decided, and the same command ends it") {
  for (bool adopts : {false, true})
    for (int at = 0; at < 6; ++at) {
      CAPTURE(adopts);
      CAPTURE(at);
      app_master_rig later;
      two_releases(later);
      app_master_rig rig;
      lose_journal(rig, later);
      auto decide = [&] {
        return adopts ? rig.command(adopt_orphans{}, "decide")
                      : rig.command(discard_orphans{}, "decide");
      };
      decide();
      for (int i = 0; i < at && (rig.append || !rig.inbox.empty()); ++i)
        if (rig.append)
          rig.finish_append();
        else
          rig.deliver();
      if (at % 2 == 0)
        rig.append.reset();
      rig.replace();
      rig.settle();
      auto ticket = decide();
      rig.settle();
      CHECK(rig.answers.at(ticket).has_value());
      rig.pass(1min);
      CHECK(orphans_of(rig) == 0);
      CHECK(rig.bodies_of("back", {adopts ? 2u : 1u}).size() == 2);
      CHECK(rig.bodies.size() == 3);
    }
}

TEST_CASE("orphans whose number the journal gives to another release can be "
          "discarded, and that release goes on under a new number") {
  for (bool comes : {false, true}) {
    CAPTURE(comes);
    app_master_rig later;
    two_releases(later);
    app_master_rig rig;
    deploy_and_settle(rig, 1);
    deploy_and_settle(rig, 3);
    rig.pass(1min);
    rig.command(scale_backend{"back", 3});
    rig.settle();
    if (comes) {
      rig.lazy = true;
      rig.command(deploy_release{sample_spec(4)});
      rig.settle();
      rig.lazy = false;
    }
    auto hash = rig.core->desired().serving->hash;
    rig.bodies = later.bodies;
    rig.last_table = later.last_table;
    rig.highest_id = later.highest_id;
    rig.replace();
    REQUIRE(orphans_of(rig) == 1);
    auto orphans = rig.bodies_of("back", {2});
    auto adopt = rig.command(adopt_orphans{});
    CHECK(rig.answers.at(adopt).error().code == errc::conflict);
    CHECK(says(rig.answers.at(adopt).error().message, "serval discard"));
    CHECK(rig.bodies_of("back", {2}) == orphans);
    auto ticket = rig.command(discard_orphans{}, "discard");
    rig.settle();
    CHECK(rig.answers.at(ticket).has_value());
    CHECK(orphans_of(rig) == 0);
    rig.pass(1min);
    CHECK(rig.bodies_of("back", {2}).empty());
    CHECK(rig.core->desired().serving->hash
          == (comes ? release_hash(sample_spec(4)) : hash));
    release_number number{comes ? 5u : 3u};
    CHECK(rig.core->desired().serving->number == number);
    CHECK(rig.bodies_of("back", number).size() == (comes ? 2 : 3));
    CHECK(rig.status().state == app_state::running);
    // So it is for the next app_master.
    auto starts = rig.starts;
    rig.replace();
    rig.pass(15min);
    CHECK(orphans_of(rig) == 0);
    CHECK(rig.starts == starts);
  }
}

TEST_CASE("a release that served before is not gone back to once orphans of "
          "its number are discarded") {
  app_master_rig later;
  deploy_and_settle(later, 2);
  app_master_rig rig;
  deploy_and_settle(rig, 1);
  deploy_and_settle(rig, 3);
  rig.pass(1min);
  REQUIRE(rig.core->desired().previous);
  rig.bodies = later.bodies;
  rig.last_table = later.last_table;
  rig.highest_id = later.highest_id;
  rig.replace();
  REQUIRE(orphans_of(rig) == 1);
  rig.command(discard_orphans{});
  rig.settle();
  CHECK(orphans_of(rig) == 0);
  CHECK_FALSE(rig.core->desired().previous);
  rig.pass(1min);
  CHECK(rig.bodies_of("back", {1}).empty());
  CHECK(rig.bodies_of("back", {2}).size() == 2);
  CHECK(rig.status().release.value == 2);
}
