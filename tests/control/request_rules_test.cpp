#include "control/request_rules.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

errc refusal_of(http_request& request, control_operation asked) {
  auto formed = check_form(request, asked);
  REQUIRE_FALSE(formed.has_value());
  return formed.error().code;
}

} // namespace

TEST_CASE("requests from pages and for foreign hosts are refused") {
  http_request request;
  for (auto host : {"evil.example", "evil.example:9470", "10.0.0.1",
                    "127.0.0.1.evil.example", "[::2]:1"}) {
    CAPTURE(host);
    request.head.host = host;
    CHECK_FALSE(check_sender(request.head).has_value());
  }
  for (auto host : {"localhost", "127.0.0.1:9470", "[::1]:9470", "127.0.0.1"}) {
    CAPTURE(host);
    request.head.host = host;
    CHECK(check_sender(request.head).has_value());
  }
  request.head.fields = {{"origin", "null"}};
  CHECK_FALSE(check_sender(request.head).has_value());
}

TEST_CASE("only commands take a body, and only JSON but for artifacts") {
  using enum control_operation;
  http_request request;
  request.body = "{}";
  CHECK(check_form(request, deploy).has_value());
  CHECK(refusal_of(request, node) == errc::bad_request);
  request.head.fields = {{"content-type", "text/plain"}};
  CHECK(refusal_of(request, scale) == errc::unsupported_media);
  CHECK(check_form(request, put_artifact).has_value());
  request.body.assign(2 << 20, ' ');
  CHECK(refusal_of(request, deploy) == errc::body_too_large);
  CHECK(check_form(request, put_artifact).has_value());
}

TEST_CASE("queries mean nothing here, but to whoever scrapes metrics") {
  using enum control_operation;
  http_request request;
  request.head.query = "token=x";
  CHECK(refusal_of(request, node) == errc::bad_request);
  CHECK(check_form(request, metrics).has_value());
}

TEST_CASE("operation ids and reasons are short plain text") {
  http_request request;
  request.head.fields = {{"x-operation-id", "op-1"}, {"x-reason", "a test"}};
  auto header = read_command_header(request.head);
  REQUIRE(header);
  CHECK(header->operation_id == "op-1");
  CHECK(header->reason == "a test");
  std::string long_id(129, 'a');
  for (const header_field& field :
       {header_field{"x-operation-id", "a b"},
        header_field{"x-operation-id", "\xc3\xa4"},
        header_field{"x-operation-id", long_id},
        header_field{"x-reason", "a\tb"}}) {
    CAPTURE(field.value);
    request.head.fields = {field};
    CHECK_FALSE(read_command_header(request.head).has_value());
  }
}
