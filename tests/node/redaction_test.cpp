#include "node/redaction.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

std::string redacted(std::string_view text) {
  return redaction{{"Authorization", "x-api-key", "token"}}.apply(text);
}

} // namespace

TEST_CASE("values are taken out of queries, header fields and JSON") {
  CHECK(redacted("GET /a?b=1&token=abc&c=2")
        == "GET /a?b=1&token=[redacted]&c=2");
  CHECK(redacted("Authorization: Bearer abc def")
        == "Authorization: [redacted]");
  CHECK(redacted("X-API-KEY:abc, other: d")
        == "X-API-KEY:[redacted], other: d");
  CHECK(redacted(R"({"token": "a b,c", "d": 1})")
        == R"({"token": [redacted], "d": 1})");
  CHECK(redacted(R"(body {\"token\":\"abc\"} end)")
        == R"(body {\"token\":[redacted]} end)");
  CHECK(redacted("token = 'abc' then") == "token = [redacted] then");
}

TEST_CASE("every value of a line is taken out") {
  CHECK(redacted("token=a token=b&token=c")
        == "token=[redacted] token=[redacted]&token=[redacted]");
}

TEST_CASE("text without the names, or with longer ones, stays as it is") {
  for (auto text : {"", "token", "tokens=3", "my_token=a", "a token was sent",
                    "x-api-keys: a", "token=", "=token", "token:"})
    CHECK(redacted(text) == text);
  CHECK(redaction{{}}.apply("token=a") == "token=a");
}

TEST_CASE("a quote that does not end hides the rest") {
  CHECK(redacted("token=\"abc def") == "token=[redacted]");
}
