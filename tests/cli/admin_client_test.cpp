#include "cli/admin_client.hpp"

#include "cli/exit_code.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

error error_of(int status, std::string body) {
  return to_error({status, {}, std::move(body)}, "here:1");
}

} // namespace

TEST_CASE("an error is told in the daemon's own words") {
  auto what = error_of(404, R"({"code":"not_found","detail":"no app \"x\""})");
  CHECK(what.code == errc::not_found);
  CHECK(what.message == "no app \"x\"");
  CHECK(error_of(500, R"({"title":"Oops"})").message == "Oops");
}

TEST_CASE("an error without words still says who answered what") {
  for (auto body : {"", "nonsense", "[]", R"({"detail":5})"}) {
    CAPTURE(body);
    CHECK(error_of(502, body).message == "here:1 answered with status 502");
  }
}

TEST_CASE("a daemon that answers is never told as unreachable") {
  CHECK(error_of(502, R"({"code":"link_lost"})").code != daemon_unreachable);
}

TEST_CASE("names that would change the path are refused") {
  CHECK(check_name("a", "application").has_value());
  for (auto name : {"", "a/b", "..", "a?b", "a b", "a%2f"})
    CHECK_FALSE(check_name(name, "application").has_value());
}
