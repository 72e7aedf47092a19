// Goal: a snapshot leaves what the journal says as it was, and little else.
// Method: random journals, cut anywhere and compacted; then the rig.
#include "app_master/compaction.hpp"

#include "app_master/app_master_rig.hpp"
#include "base/random.hpp"

using namespace serval;

namespace {

/// Writes what an app_master could write, and now and then what it never would.
class random_journal {
public:
  random_journal(std::uint64_t seed, bool wild) : random_(seed), wild_(wild) {
    // nop
  }

  void grow() {
    journal_entry entry{{all.last.value + 1}, {1}, {}, {{}, next()}};
    const auto& what = entry.change.what;
    auto own = std::holds_alternative<release_promoted>(what)
               || std::holds_alternative<release_failed>(what);
    // What an app_master decides itself has no operation.
    if (wild_ ? random_.below(4) != 0 : !own && random_.below(8) != 0)
      entry.change.cause
        = {"op-" + std::to_string(random_.below(10'000)), "maria", ""};
    apply(state, entry.number, entry.change);
    all.last = entry.number;
    all.entries.push_back(std::move(entry));
  }

  journal all;
  desired_app state;

private:
  change_kind next() {
    auto any = release_number{1 + random_.below(6)};
    switch (random_.below(wild_ ? 12 : 10)) {
      case 0:
        return deploy({state.newest.value + 1});
      case 1:
      case 2:
        if (state.target)
          return release_promoted{state.target->number};
        return deploy({state.newest.value + 1});
      case 3:
        if (state.target)
          return release_failed{state.target->number, "no model"};
        [[fallthrough]];
      case 4:
      case 5:
      case 6:
        return scale(living());
      case 7:
        return random_.below(8) == 0 ? change_kind{application_deleted{}}
                                     : change_kind{scale(any)};
      case 8:
        return nothing_changed{"scale back=1"};
      case 9:
        if (random_.below(8) != 0)
          return nothing_changed{"deploy c0ffee"};
        return random_.below(2) == 0
                 ? change_kind{orphans_adopted{{state.newest.value + 2}}}
                 : change_kind{orphans_discarded{{state.newest.value + 1}}};
      case 10:
        return release_promoted{any};
      default:
        return random_.below(2) == 0 ? change_kind{deploy(any)}
                                     : change_kind{release_failed{any, "?"}};
    }
  }

  /// One of few specs, so that a release may be a return to the one before.
  release_deployed deploy(release_number number) {
    auto spec = sample_spec();
    spec.max_requests = 1 + random_.below(3);
    return {number, to_canonical_json(spec), release_hash(spec)};
  }

  workers_scaled scale(release_number number) {
    return {number, random_.below(2) == 0 ? "front" : "back",
            1 + random_.below(9)};
  }

  release_number living() {
    for (auto* release : {&state.previous, &state.target, &state.serving})
      if (*release && random_.below(2) == 0)
        return (*release)->number;
    return state.newest;
  }

  random_source random_;
  bool wild_;
};

} // namespace

TEST_CASE("what is left of a journal leads to the same state, also when it is "
          "compacted again and again") {
  for (std::uint64_t seed = 1; seed <= 16; ++seed)
    for (auto wild : {false, true}) {
      CAPTURE(seed);
      CAPTURE(wild);
      random_journal journal{seed, wild};
      serval::journal compacted;
      for (int i = 0; i < 600; ++i) {
        journal.grow();
        compacted.entries.push_back(journal.all.entries.back());
        compacted.last = journal.all.last;
        if (i % (20 + 3 * seed) != 0)
          continue;
        compacted.entries = needed_entries(compacted);
        REQUIRE(replay(compacted) == journal.state);
      }
      CHECK(replay({journal.all.last, needed_entries(journal.all)})
            == journal.state);
    }
}

TEST_CASE("what is left of a journal that an app_master wrote is bounded") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    random_journal journal{seed, false};
    for (int i = 0; i < 1000; ++i)
      journal.grow();
    // Operations; three releases with promotions; the newest, failed; both
    // backends of each scaled; a delete.
    CHECK(needed_entries(journal.all).size()
          <= remembered_operations + 3 + 2 + 2 + 6 + 1);
  }
}

TEST_CASE("a journal that grows and grows is compacted, and recovery finds the "
          "same") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec()});
  rig.settle();
  std::size_t longest = 0;
  for (std::uint32_t i = 0; i < 1200; ++i) {
    rig.command(scale_backend{"back", 1 + i % 2});
    rig.settle();
    if (i % 50 == 0)
      longest = std::max(longest, rig.store.read("shop")->entries.size());
  }
  CHECK(longest <= remembered_operations + 10 + superfluous_max);
  CHECK(rig.store.read("shop")->last.value >= 1200);
  auto before = rig.core->desired();
  rig.restart();
  CHECK(rig.core->desired() == before);
  // A repeated operation is still known.
  rig.settle();
  auto ticket = rig.command(scale_backend{"back", 2}, before.operations[5].id);
  rig.settle();
  CHECK(rig.answers.at(ticket));
  CHECK(rig.core->desired().operations == before.operations);
}

TEST_CASE("one snapshot is under way at a time, and one that failed is tried "
          "again later") {
  compaction uut;
  uut.begin({});
  uut.appended(superfluous_max - 1);
  CHECK_FALSE(uut.start_if_due());
  uut.appended(1);
  CHECK(uut.start_if_due());
  uut.appended(superfluous_max);
  CHECK_FALSE(uut.start_if_due());
  uut.finish(error{errc::store_failed, "no"}, {2 * superfluous_max});
  CHECK_FALSE(uut.start_if_due());
  uut.appended(superfluous_max);
  CHECK(uut.start_if_due());
  uut.finish(journal_compacted{{3 * superfluous_max}, 10},
             {3 * superfluous_max + 5});
  uut.appended(superfluous_max - 6);
  CHECK_FALSE(uut.start_if_due());
  uut.appended(1);
  CHECK(uut.start_if_due());
}
