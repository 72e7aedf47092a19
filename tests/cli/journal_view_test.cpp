#include "cli/journal_view.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a history is a line per change, and says what it leaves out") {
  journal history;
  history.last = {9};
  history.entries
    = {{{8}, {1}, {}, {{"op-1", "maria", "more"}, workers_scaled{{2}, "b", 4}}},
       {{9}, {2}, {}, {{}, release_failed{{3}, "bad\x1b"}}}};
  CHECK(render_history(history)
        == "SEQUENCE  TIME                      EPOCH  WHO    WHY   OPERATION  "
           "WHAT\n"
           "8         1970-01-01T00:00:00.000Z  1      maria  more  op-1       "
           "scale b=4 in release 2\n"
           "9         1970-01-01T00:00:00.000Z  2      -      -     -          "
           "release 3 failed: bad?\n"
           "7 more changes were dropped by a snapshot: nothing depends on "
           "them any more\n");
}

TEST_CASE("every kind of change has words") {
  CHECK(describe(release_deployed{{1}, "", "0123456789abcdef"})
        == "deploy release 1 (0123456789ab)");
  CHECK(describe(release_promoted{{1}}) == "release 1 serves");
  CHECK(describe(application_deleted{}) == "delete");
  CHECK(describe(nothing_changed{"scale bank=4"})
        == "nothing, it was so already: scale bank=4");
  CHECK(describe(orphans_adopted{{5}}) == "adopt orphans, up to release 5");
  CHECK(describe(orphans_discarded{{5}}) == "discard orphans, up to release 5");
}
