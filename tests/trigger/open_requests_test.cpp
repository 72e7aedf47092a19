#include "trigger/open_requests.hpp"

#include "trigger/admission.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

TEST_CASE("a ticket names its request until it is removed, and never another") {
  open_requests<std::string> open;
  auto a = open.add("a");
  auto b = open.add("b");
  CHECK(a != 0);
  REQUIRE(open.find(b) != nullptr);
  CHECK(*open.find(b) == "b");
  CHECK(open.remove(a) == "a");
  CHECK(open.find(a) == nullptr);
  auto c = open.add("c"); // Reuses the place of `a`.
  CHECK(c != a);
  CHECK(open.find(a) == nullptr);
  CHECK(open.size() == 2);
  CHECK(open.tickets() == std::vector{c, b});
  CHECK(open.find(0) == nullptr);
  CHECK(open.find(12345) == nullptr);
}

TEST_CASE("admission refuses what is over the limit and takes back places") {
  admission places{2};
  CHECK(places.try_enter(priority::high));
  CHECK(places.try_enter(priority::high));
  CHECK_FALSE(places.try_enter(priority::high));
  places.leave();
  CHECK(places.try_enter(priority::high));
  CHECK(places.in_progress() == 2);
  places.set_limit(3);
  CHECK(places.try_enter(priority::high));
}
