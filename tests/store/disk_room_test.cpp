#include "store/disk_room.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a release needs more room than what may relieve the machine") {
  std::vector<app_change> deploy{{{}, release_deployed{{1}, "{}", "h"}}};
  std::vector<app_change> small{{{}, workers_scaled{{1}, "b", 1}},
                                {{}, application_deleted{}}};
  CHECK(check_room("/d", room_for_releases, deploy));
  CHECK_FALSE(check_room("/d", room_for_releases - 1, deploy));
  CHECK(check_room("/d", room_for_releases - 1, small));
  CHECK(check_room("/d", room_for_changes, small));
  auto refused = check_room("/d", room_for_changes - 1, small);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::store_failed);
  CHECK(refused.error().message.find("/d has room for 3 MiB")
        != std::string::npos);
  CHECK(refused.error().message.find("4 MiB are needed") != std::string::npos);
}
