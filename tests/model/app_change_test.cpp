#include "model/app_change.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a change is shown under the name of its type") {
  CHECK(name_of(release_deployed{}) == "release_deployed");
  CHECK(name_of(release_promoted{}) == "release_promoted");
  CHECK(name_of(release_failed{}) == "release_failed");
  CHECK(name_of(workers_scaled{}) == "workers_scaled");
  CHECK(name_of(application_deleted{}) == "application_deleted");
  CHECK(name_of(nothing_changed{}) == "nothing_changed");
  CHECK(name_of(orphans_adopted{}) == "orphans_adopted");
  CHECK(name_of(orphans_discarded{}) == "orphans_discarded");
}
