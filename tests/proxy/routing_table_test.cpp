#include "proxy/routing_table.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

routing_table make_table(const std::vector<std::string>& paths) {
  std::vector<route> routes;
  for (auto& path : paths)
    routes.push_back({.path = path, .application = "app of " + path});
  return routing_table{std::move(routes)};
}

std::string found(const routing_table& table, std::string_view path) {
  auto target = table.find(path);
  return target == nullptr ? "none" : target->path;
}

} // namespace

TEST_CASE("the longest route that ends at a slash is found") {
  auto table = make_table({"/a", "/a/b", "/abc", "/x/y/z"});
  CHECK(found(table, "/a") == "/a");
  CHECK(found(table, "/a/") == "/a");
  CHECK(found(table, "/a/c") == "/a");
  CHECK(found(table, "/a/b") == "/a/b");
  CHECK(found(table, "/a/b/c/d/e/f/g") == "/a/b");
  CHECK(found(table, "/a/bc") == "/a");
  CHECK(found(table, "/ab") == "none");
  CHECK(found(table, "/abc/") == "/abc");
  CHECK(found(table, "/x/y") == "none");
  CHECK(found(table, "/x/y/z") == "/x/y/z");
  CHECK(found(table, "/x/y/zz") == "none");
  CHECK(found(table, "/") == "none");
  CHECK(found(table, "*") == "none");
  CHECK(found(table, "") == "none");
}

TEST_CASE("the root route takes what nothing else takes") {
  auto table = make_table({"/", "/a"});
  CHECK(found(table, "/") == "/");
  CHECK(found(table, "/b") == "/");
  CHECK(found(table, "/ab/c/d/e/f") == "/");
  CHECK(found(table, "/a/b") == "/a");
  CHECK(found(table, "*") == "none");
}

TEST_CASE("a route's own last slash makes no difference") {
  auto table = make_table({"/a/"});
  CHECK(found(table, "/a") == "/a/");
  CHECK(found(table, "/a/b/c") == "/a/");
}

TEST_CASE("of two routes with one path the first stays") {
  std::vector<route> routes
    = {{.path = "/a", .application = "first"},
       {.path = "/a", .application = "second"}};
  routing_table table{std::move(routes)};
  CHECK(table.find("/a")->application == "first");
}

TEST_CASE("an empty table has nothing") {
  CHECK(found(routing_table{}, "/") == "none");
  CHECK(found(routing_table{}, "/a/b") == "none");
}

TEST_CASE("a path of thousands of segments is looked up in its first ones") {
  auto table = make_table({"/a/a/a"});
  std::string path;
  for (int i = 0; i < 4000; ++i)
    path += "/a";
  CHECK(found(table, path) == "/a/a/a");
}

TEST_CASE("methods are the route's own, and HEAD goes where GET goes") {
  route post{.path = "/", .application = "a", .methods = {"POST"}};
  CHECK(allows(post, "POST"));
  CHECK_FALSE(allows(post, "GET"));
  CHECK_FALSE(allows(post, "HEAD"));
  CHECK(allow_field(post) == "POST");
  route both{.path = "/", .application = "a", .methods = {"GET", "POST"}};
  CHECK(allows(both, "HEAD"));
  CHECK(allow_field(both) == "GET, POST, HEAD");
}

TEST_CASE("an application's route is found by the application's name") {
  auto table = make_table({"/a", "/b"});
  REQUIRE(table.find_application("app of /b") != nullptr);
  CHECK(table.find_application("app of /b")->path == "/b");
  CHECK(table.find_application("app of /c") == nullptr);
}
