#include "proxy/request_target.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

namespace {

/// The decoded path, or the refusal's reason in angle brackets.
std::string path_of(std::string_view target, std::string_view method = "GET") {
  request_head head;
  head.method = method;
  head.target = target;
  head.host = "node:9480";
  if (auto why = parse_target(head))
    return "<" + std::string{why->reason} + ">";
  return std::string{head.path};
}

bool refused(std::string_view target) {
  return path_of(target).starts_with("<");
}

} // namespace

TEST_CASE("a plain path passes as it came") {
  CHECK(path_of("/") == "/");
  CHECK(path_of("/hello") == "/hello");
  CHECK(path_of("/hello/") == "/hello/");
  CHECK(path_of("/a/b.c/..d/...") == "/a/b.c/..d/...");
  CHECK(path_of("/a?x=/../y%00") == "/a");
}

TEST_CASE("escapes are decoded, so that one path has one spelling") {
  CHECK(path_of("/%68ello") == "/hello");
  CHECK(path_of("/%E2%82%AC") == "/\xe2\x82\xac");
  CHECK(path_of("/a%20b") == "/a b");
}

TEST_CASE("a path that could be read in two ways is refused") {
  for (auto target :
       {"/../../x", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/", "/a/./b", "/a/..",
        "/.", "//a", "/a//b", "/a%00b", "/a%zz", "/a%2", "/a%", "/a#b",
        "/%c0%ae/", "/%ff", "/a%5cb", "/a\\b", "/a%0d%0ab", "/a%7f", "a",
        "?x", "*", "ftp://node:9480/a", "https://node:9480/a"}) {
    CAPTURE(target);
    CHECK(refused(target));
  }
}

TEST_CASE("an absolute target must name the host of the Host field") {
  CHECK(path_of("http://node:9480/a?b") == "/a");
  CHECK(path_of("HTTP://NODE:9480/a") == "/a");
  CHECK(path_of("http://node:9480") == "/");
  CHECK(refused("http://other:9480/a"));
  CHECK(refused("http://node/a"));
  CHECK(refused("http://user@node:9480/a"));
  CHECK(refused("http:///a"));
}

TEST_CASE("the asterisk is for OPTIONS alone") {
  CHECK(path_of("*", "OPTIONS") == "*");
  CHECK(refused("*"));
}

TEST_CASE("a host is a name or an address with an optional port") {
  for (auto text : {"a", "a.b-c", "127.0.0.1:9480", "[::1]", "[::1]:80", "a:",
                    "a:65535"}) {
    CAPTURE(text);
    CHECK(is_authority(text));
  }
  for (auto text : {"", ":80", "a:99999", "a:65536", "a b", "[::1", "[]",
                    "[::1]x", "a:8x", "a:-1", "a/b", "a@b", "a,b c"}) {
    CAPTURE(text);
    CHECK_FALSE(is_authority(text));
  }
  CHECK_FALSE(is_authority(std::string(300, 'a')));
}
