#include "cli/http_response_parser.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

/// The answer in `bytes`, fed in pieces of `step`.
result<http_answer> parse(std::string_view bytes, std::size_t step,
                          bool has_body = true) {
  http_response_parser parser(has_body);
  while (!bytes.empty()) {
    auto complete = parser.feed(bytes.substr(0, step));
    if (!complete)
      return complete.error();
    bytes.remove_prefix(std::min(step, bytes.size()));
    if (*complete)
      return parser.take();
  }
  return error{errc::internal, "incomplete"};
}

} // namespace

TEST_CASE("an answer is the same however its bytes are cut") {
  std::string_view bytes = "HTTP/1.1 100 Continue\r\n\r\n"
                           "HTTP/1.1 404 Not Found\r\nX-Request-ID:  r1 \r\n"
                           "Content-Length: 5\r\n\r\nhe\r\nlrest";
  for (std::size_t step : {1, 2, 3, 7, 1000}) {
    CAPTURE(step);
    auto answer = parse(bytes, step);
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(answer->field("x-request-id") == "r1");
    CHECK(answer->field("x-other") == "");
    CHECK(answer->body == "he\r\nl");
  }
}

TEST_CASE("an answer without a body ends with its head") {
  CHECK(parse("HTTP/1.1 204 No Content\r\n\r\n", 5)->body.empty());
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 5, false)
          ->body.empty());
}

TEST_CASE("what is no HTTP is an error") {
  for (auto text : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc x\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                    "HTTP/1.1 200 OK\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}) {
    CAPTURE(text);
    auto answer = parse(text, 1000);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code == errc::corrupt);
  }
  CHECK(parse(std::string(100'000, 'x'), 1000).error().code == errc::corrupt);
}
