#include "auth/bearer_token.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("the token follows the word Bearer, however that is written") {
  for (auto field : {"Bearer abc", "bearer abc", "BEARER   abc"})
    CHECK(bearer_token(field) == "abc");
  CHECK(bearer_token("Bearer a-._~+/9=") == "a-._~+/9=");
}

TEST_CASE("whatever else an Authorization field holds is no token") {
  for (auto field : {"", "Bearer", "Bearer ", "Bearer  ", "Basic abc", "abc",
                     "Bearerabc", "Bearer a b", "Bearer a,b", "Bearer \x01",
                     " Bearer abc", "Bearer \xc3\xa4"})
    CHECK_FALSE(bearer_token(field).has_value());
}

TEST_CASE("a token in a query is noticed, in any place and any case") {
  for (auto query : {"token=x", "a=b&access_token=x", "ACCESS_TOKEN=", "token",
                     "Authorization=x&b", "a&bearer=1"})
    CHECK(has_token(query));
  for (auto query : {"", "a=b", "tokens=3", "a=token", "&&", "=token"})
    CHECK_FALSE(has_token(query));
}
