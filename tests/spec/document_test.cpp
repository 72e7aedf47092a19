#include "spec/document.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("the nearest key is found for a typing error, none for nonsense") {
  std::vector<std::string_view> keys
    = {"workers", "queue", "isolation", "read"};
  CHECK(nearest("worker", keys) == "workers");
  CHECK(nearest("wrokers", keys) == "workers");
  CHECK(nearest("isolatoin", keys) == "isolation");
  CHECK(nearest("xyzzy_plugh", keys) == "");
  CHECK(nearest(std::string(10'000, 'w'), keys) == "");
  CHECK(nearest("workers", {}) == "");
}

TEST_CASE("an error lists every problem with its place") {
  auto what = to_error({{"a.toml:1:2", "x", "is bad"}, {"", "", "is worse"}},
                       "a.toml");
  CHECK(what.code == errc::bad_request);
  CHECK(what.message
        == "a.toml has 2 problems:\n  a.toml:1:2: x: is bad\n  is worse");
}

TEST_CASE("a place is found by path, or that of the innermost parent") {
  doc_table inner;
  inner.emplace("b", doc_value{std::int64_t{1}, "f:2:1", {}});
  doc_table outer;
  outer.emplace("a", doc_value{std::move(inner), "f:1:1", {}});
  doc_value root{std::move(outer), "f", {}};
  CHECK(where_of(root, "a.b") == "f:2:1");
  CHECK(where_of(root, "a.c") == "f:1:1");
  CHECK(where_of(root, "z") == "f");
  CHECK(where_of(root, "") == "f");
}
