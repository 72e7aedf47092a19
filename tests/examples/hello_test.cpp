// The smallest example, as a user would test it.

#include "../../examples/hello/hello.cpp"

#include "serval/testing.hpp"

#include <doctest/doctest.h>

using serval::testing::fake_app;

TEST_CASE("hello greets whom it is told") {
  fake_app app{{{"greeting", "Hej"}}};
  app.add<hello>("hello");
  CHECK(app.call("hello", "World") == "Hej, World!\n");
}

TEST_CASE("hello rejects a request without a name") {
  fake_app app;
  app.add<hello>("hello");
  CHECK_THROWS_AS(app.call("hello", ""), serval::reject);
}
