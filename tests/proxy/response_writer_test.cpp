#include "proxy/response_writer.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::string_literals;

namespace {

std::string head_of(const http_response& response,
                    const response_framing& framing = {}) {
  std::string result;
  append_head(response, framing, result);
  return result;
}

} // namespace

TEST_CASE("a response is written with its length and nothing it does not "
          "need") {
  http_response response;
  response.body = "abc";
  CHECK(head_of(response) == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
}

TEST_CASE("a response is written with all it has") {
  http_response response;
  response.status = 503;
  response.content_type = "text/plain";
  response.request_id = "r1";
  response.fields = {{"retry-after", "1"}};
  response_framing framing;
  framing.date_field = "Date: now\r\n";
  framing.close = true;
  CHECK(head_of(response, framing)
        == "HTTP/1.1 503 Service Unavailable\r\nDate: now\r\n"
           "Content-Type: text/plain\r\nContent-Length: 0\r\n"
           "x-request-id: r1\r\nretry-after: 1\r\n"
           "Connection: close\r\n\r\n");
}

TEST_CASE("responses that have no body say no length") {
  http_response response;
  response.body = "abc";
  for (int status : {204, 304}) {
    response.status = status;
    CHECK_FALSE(has_body(response, {}));
    CHECK(head_of(response).find("Content-Length") == std::string::npos);
  }
  response.status = 200;
  CHECK(has_body(response, {}));
  CHECK_FALSE(has_body(response, {.date_field = {}, .to_head = true}));
}

TEST_CASE("fields that could end a line are not sendable") {
  http_response response;
  CHECK(is_sendable(response));
  for (auto value : {"a\r\nb"s, "a\nb"s, "a\rb"s, "\0"s}) {
    response.fields = {{"x", value}};
    CHECK_FALSE(is_sendable(response));
  }
  response.fields = {{"x", "a\tb \xe2\x82\xac"}};
  CHECK(is_sendable(response));
  response.fields = {{"x y", "a"}};
  CHECK_FALSE(is_sendable(response));
}

TEST_CASE("the date is written as HTTP wants it") {
  CHECK(date_field(wall_time{std::chrono::seconds{784887151}})
        == "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n");
  CHECK(date_field(wall_time{std::chrono::seconds{951782400}})
        == "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
}
