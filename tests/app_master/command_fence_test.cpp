#include "app_master/command_fence.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("who led before is refused as soon as a later leader has spoken") {
  command_fence fence;
  CHECK(fence.admit(epoch{3}));
  CHECK(fence.admit(epoch{3}));
  CHECK(fence.admit(epoch{5}));
  CHECK_FALSE(fence.admit(epoch{3}));
  CHECK_FALSE(fence.admit(epoch{4}));
  CHECK(fence.highest() == epoch{5});
  CHECK(fence.admit(epoch{5}));
}
