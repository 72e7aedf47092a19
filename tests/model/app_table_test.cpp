#include "model/app_table.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a table is asked for a release by its number") {
  app_table table;
  table.releases.resize(2);
  table.releases[0].release = {1};
  table.releases[1].release = {3};
  CHECK(find_release(table, {3}) == &table.releases[1]);
  CHECK(find_release(table, {2}) == nullptr);
}
