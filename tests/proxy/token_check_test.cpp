#include "proxy/token_check.hpp"

#include "base/sha256.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

constexpr access_need need{token_scope::call, access_need::reach::one, "a"};

token_table table() {
  auto made = token_table::parse("t call a " + sha256_hex("hush") + "\n"
                                   + "u call b " + sha256_hex("shh") + "\n",
                                 "tokens");
  REQUIRE(made);
  return *made;
}

token_check check(std::vector<header_field> fields) {
  request_head head;
  head.fields = std::move(fields);
  return check_token(table(), head, need, "the-id");
}

} // namespace

TEST_CASE("the right token passes, and says whose it is") {
  auto checked = check({{"aUTHORIZATION", "Bearer hush"}});
  CHECK_FALSE(checked.refusal.has_value());
  CHECK(checked.who == "t");
}

TEST_CASE("a refusal is a problem that says what is needed and how") {
  auto checked = check({});
  REQUIRE(checked.refusal.has_value());
  CHECK(checked.refusal->status == 401);
  CHECK(checked.refusal->content_type == "application/problem+json");
  CHECK(checked.refusal->request_id == "the-id");
  CHECK(checked.refusal->body.find("scope \\\"call\\\"") != std::string::npos);
  CHECK(checked.refusal->fields[0].name == "www-authenticate");
  checked = check({{"authorization", "Bearer shh"}});
  REQUIRE(checked.refusal.has_value());
  CHECK(checked.refusal->status == 403);
  CHECK(checked.refusal->fields.empty());
}

TEST_CASE("of two Authorization fields neither counts") {
  for (auto second : {"Bearer hush", "Bearer x", ""}) {
    auto checked = check({{"authorization", "Bearer hush"},
                          {"Authorization", second}});
    REQUIRE(checked.refusal.has_value());
    CHECK(checked.refusal->status == 401);
  }
}

TEST_CASE("a refusal never repeats what was shown") {
  auto checked = check({{"authorization", "Bearer canary-7"}});
  REQUIRE(checked.refusal.has_value());
  CHECK(checked.refusal->body.find("canary") == std::string::npos);
}
