#include "leader/catalog.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a route that an application holds is refused to others by name") {
  catalog apps;
  apps.hold("shop", {"/buy"});
  auto refused = apps.reserve("market", "/buy", 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message.find("\"shop\"") != std::string::npos);
  CHECK(apps.reserve("market", "/buy/now", 2));
  CHECK(apps.reserve("shop", "/buy", 3));
}

TEST_CASE("of two deploys on their way only one gets the route") {
  catalog apps;
  CHECK(apps.reserve("shop", "/buy", 1));
  CHECK_FALSE(apps.reserve("market", "/buy", 2));
  apps.end_reservation(1);
  CHECK(apps.reserve("market", "/buy", 3));
}

TEST_CASE("a route is free again when no release of its application has it") {
  catalog apps;
  apps.hold("shop", {"/buy", "/sell"});
  apps.hold("shop", {"/sell"});
  CHECK(apps.reserve("market", "/buy", 1));
  apps.hold("shop", {});
  CHECK(apps.reserve("market", "/sell", 2));
}

TEST_CASE("an application keeps its number") {
  catalog apps;
  CHECK(apps.add("a") == 1);
  CHECK(apps.add("b") == 2);
  CHECK(apps.add("a") == 1);
  CHECK(apps.contains("b"));
  CHECK_FALSE(apps.contains("c"));
}
