#include "auth/access.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("every scope is written as it is read") {
  for (int i = 0; i < token_scope_count; ++i) {
    auto scope = static_cast<token_scope>(i);
    CHECK(parse_token_scope(to_string(scope)) == scope);
  }
  for (auto word : {"", "Read", "reads", "write", "*"})
    CHECK_FALSE(parse_token_scope(word).has_value());
}

TEST_CASE("who is unknown gets 401, who is known but may not gets 403") {
  CHECK(http_status_of(access_verdict::no_token) == 401);
  CHECK(http_status_of(access_verdict::unknown_token) == 401);
  CHECK(http_status_of(access_verdict::wrong_scope) == 403);
  CHECK(http_status_of(access_verdict::wrong_application) == 403);
}

TEST_CASE("a refusal says what is needed") {
  access_need need{token_scope::deploy, access_need::reach::one, "judge"};
  for (auto verdict :
       {access_verdict::no_token, access_verdict::unknown_token,
        access_verdict::wrong_scope, access_verdict::wrong_application}) {
    auto text = explain(verdict, need);
    CHECK(text.find("the scope \"deploy\" for the application \"judge\"")
          != std::string::npos);
  }
  need.applications = access_need::reach::all;
  CHECK(explain(access_verdict::wrong_application, need)
          .find("for all applications")
        != std::string::npos);
}
