#include "proxy/header_gate.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

using verdict = head_scanner::verdict;

TEST_CASE("a head is found at its empty line, one empty line before it is "
          "skipped") {
  std::string bytes = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nbody\n\0";
  head_scanner scanner{head_limits{}};
  REQUIRE(scanner.scan(bytes) == verdict::complete);
  CHECK(bytes.substr(scanner.begin(), 3) == "GET");
  CHECK(bytes.substr(scanner.end(), 4) == "body");
}

TEST_CASE("a head is found in the same place when it comes byte by byte") {
  std::string bytes = "\r\nPOST /x HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\nrest";
  head_scanner scanner{head_limits{}};
  std::size_t count = 0;
  auto result = verdict::more;
  while (result == verdict::more)
    result = scanner.scan(std::string_view{bytes}.substr(0, ++count));
  CHECK(result == verdict::complete);
  CHECK(count == bytes.size() - 4);
  CHECK(scanner.end() == count);
}

TEST_CASE("what cannot become a request is refused before its head is whole") {
  struct row {
    std::string bytes;
    int status;
  };
  for (auto& [bytes, status] : {
         row{"\x16\x03\x01\x02", 400},
         row{"SSH-2.0-OpenSSH_9.2\r\n", 400},
         row{"PRI * HTTP/2.0\r\n", 505},
         row{"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", 400},
         row{"GET /\r\n", 400},
         row{std::string(9000, 'A'), 501},
         row{"GET /" + std::string(9000, 'a'), 414},
         row{"GET / HTTP/1.1\r\nA:" + std::string(9000, 'a'), 431},
         row{"\r\n\r\n", 400},
         row{"GET / HTTP/1.1\n", 400},
       }) {
    CAPTURE(bytes.substr(0, 40));
    head_scanner scanner{head_limits{}};
    CHECK(scanner.scan(bytes) == verdict::refused);
    CHECK(scanner.why().status == status);
  }
}

TEST_CASE("an accepted head is laid out in full") {
  request_head head;
  std::string_view bytes
    = "PUT /%61/b?c=d HTTP/1.1\r\nhOST: node\r\nConnection: TE, close\r\n"
      "Content-Length:  17\t\r\nExpect: 100-Continue\r\nX: \r\n\r\n";
  REQUIRE_FALSE(parse_head(bytes, head_limits{}, head));
  CHECK(head.method == "PUT");
  CHECK(head.target == "/%61/b?c=d");
  CHECK(head.path == "/a/b");
  CHECK(head.query == "c=d");
  CHECK(head.host == "node");
  CHECK(head.minor_version == 1);
  CHECK(head.content_length == 17u);
  CHECK_FALSE(head.chunked);
  CHECK_FALSE(head.keep_alive);
  CHECK(head.expect_continue);
  CHECK(head.fields.size() == 5);
  REQUIRE(head.find("x"));
  CHECK(head.find("x")->value.empty());
  CHECK_FALSE(head.find("y"));
}

TEST_CASE("the connection goes on by default in HTTP/1.1 alone") {
  request_head head;
  auto keep_alive = [&](std::string_view bytes) {
    REQUIRE_FALSE(parse_head(bytes, head_limits{}, head));
    return head.keep_alive;
  };
  CHECK(keep_alive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK_FALSE(keep_alive("GET / HTTP/1.0\r\n\r\n"));
  CHECK(keep_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
  CHECK_FALSE(keep_alive(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n"));
  CHECK_FALSE(keep_alive("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive"
                         "\r\nConnection: close\r\n\r\n"));
}

TEST_CASE("limits hold to the byte") {
  head_limits limits;
  request_head head;
  auto status = [&](const std::string& bytes) {
    head_scanner scanner{limits};
    if (scanner.scan(bytes) != verdict::complete)
      return scanner.why().status;
    auto why = parse_head(bytes, limits, head);
    return why ? why->status : 200;
  };
  auto with_target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a')
           + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  CHECK(status(with_target(limits.target_bytes)) == 200);
  CHECK(status(with_target(limits.target_bytes + 1)) == 414);
  CHECK(status(with_target(65536)) == 414);
  auto with_fields = [](std::size_t count, std::size_t value_bytes) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < count; ++i)
      bytes += "x: " + std::string(value_bytes, 'v') + "\r\n";
    return bytes + "\r\n";
  };
  CHECK(status(with_fields(limits.fields, 1)) == 200);
  CHECK(status(with_fields(limits.fields + 1, 1)) == 431);
  CHECK(status(with_fields(2, limits.field_bytes - 1)) == 200);
  CHECK(status(with_fields(2, limits.field_bytes)) == 431);
  CHECK(status(with_fields(5, limits.field_bytes - 100)) == 200);
  CHECK(status(with_fields(6, limits.field_bytes - 100)) == 431);
}
