// The catalogue of bad HTTP input, case by case, each cut in three ways: the
// reader's verdict must not depend on how the bytes arrive.

#include "proxy/request_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace serval;

using verdict = request_reader::verdict;
using namespace std::string_literals;

namespace {

constexpr std::uint64_t body_bytes_max = 1000;

/// What a client gets in the end: 200 if the request is accepted, the status
/// of its refusal, or 408 if it waits for bytes that never come.
int outcome_of(std::string_view bytes, std::size_t piece) {
  request_reader reader{head_limits{}, body_bytes_max};
  while (!bytes.empty()) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    switch (reader.read(part)) {
      case verdict::complete:
        return 200;
      case verdict::refused:
        return reader.why().status;
      case verdict::more:
        CHECK(part.empty());
        break;
    }
  }
  return 408;
}

std::string post(std::string_view fields, std::string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n"
         + std::string{body};
}

std::string line(std::string_view request_line) {
  return std::string{request_line} + "\r\nHost: a\r\n\r\n";
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\n" + std::string{fields} + "\r\n";
}

std::string chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

struct bad_input {
  int number; ///< In the catalogue.
  int status;
  std::string bytes;
};

const std::string te = "Transfer-Encoding: ";
const std::string cl = "Content-Length: ";
const std::string last = "0\r\n\r\n";

std::vector<bad_input> framing() {
  return {
    {1, 400, post(cl + "5\r\n" + te + "chunked\r\n", last)},
    {2, 400, post(te + "chunked\r\n" + cl + "5\r\n", last)},
    {3, 400, post(te + "gzip\r\n" + cl + "5\r\n", "hello")},
    {4, 400, post(te + "xchunked\r\n", last)},
    {5, 400, post(te + "chunked, identity\r\n", last)},
    {6, 400, post(te + "\"chunked\"\r\n", last)},
    {7, 400, post(te + "\r\n", last)},
    {8, 400, post(te + "gzip, chunked\r\n", last)},
    {9, 400, post(te + "identity, chunked\r\n", last)},
    {10, 400, post(te + "chunked;q=1\r\n", last)},
    {11, 400, post(te + "chunked,\r\n", last)},
    {11, 400, post(te + ",chunked\r\n", last)},
    {12, 400, "POST / HTTP/1.0\r\nHost: a\r\n" + te + "chunked\r\n\r\n" + last},
    {13, 400, post(te + "chunked\r\n" + te + "chunked\r\n", last)},
    {14, 400, post("Transfer-Encoding : chunked\r\n", last)},
    {15, 400, post("Transfer-Encoding:\r\n chunked\r\n", last)},
    {16, 400, post("Transfer-Encoding:\x0b" "chunked\r\n", last)},
    {17, 200, post("Transfer-Encoding:\tchunked\r\n", last)},
    {17, 200, post(te + "Chunked\r\n", last)},
    {18, 400, post(cl + "3\r\n" + cl + "3\r\n", "abc")},
    {19, 400, post(cl + "3\r\n" + cl + "4\r\n", "abcd")},
    {20, 400, post(cl + "3, 3\r\n", "abc")},
    {21, 400, post(cl + "+3\r\n", "abc")},
    {22, 400, post(cl + "-1\r\n")},
    {23, 400, post(cl + "0x3\r\n", "abc")},
    {24, 400, post(cl + "03\r\n", "abc")},
    {24, 400, post(cl + "0003\r\n", "abc")},
    {24, 200, post(cl + "0\r\n")},
    {25, 400, post(cl + "1 2\r\n", "abc")},
    {26, 400, post(cl + "\r\n")},
    {27, 400, post(cl + "18446744073709551616\r\n")},
    {28, 413, post(cl + "18446744073709551615\r\n")},
    {29, 413, post(cl + "9223372036854775808\r\n")},
    {30, 408, post(cl + "10\r\n", "short")},
    {32, 400, chunked("-3\r\nabc\r\n" + last)},
    {33, 400, chunked("0x3\r\nabc\r\n" + last)},
    {34, 400, chunked("00000000000000003\r\nabc\r\n" + last)},
    {35, 400, chunked(std::string(1000, '0') + "3\r\nabc\r\n" + last)},
    {36, 400, chunked("3\nabc\n0\n\n")},
    {37, 400, chunked("3\r\nabcd\r\n" + last)},
    {37, 400, chunked("3\r\nabc" + last)},
    {38, 400, chunked("3 \r\nabc\r\n" + last)},
    {39, 400, chunked("3;" + std::string(1'000'000, 'x') + "\r\n")},
    {39, 200, chunked("3;" + std::string(256, 'x') + "\r\nabc\r\n" + last)},
    {40, 400, chunked("3;a=b\nabc\r\n" + last)},
    {42, 400, chunked("0\r\nContent-Length: 3\r\n\r\n")},
    {42, 400, chunked("0\r\nHost: b\r\n\r\n")},
    {42, 400, chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n")},
    {42, 200, chunked("0\r\nX-Sum: 3\r\n\r\n")},
    {42, 400, chunked("0\r\nno colon\r\n\r\n")},
    {42, 400, chunked("0\r\nX: a\n\r\n")},
    {44, 408, chunked("3\r\nabc\r\n")},
  };
}

std::vector<bad_input> lines() {
  return {
    {45, 400, "GET / HTTP/1.1\nHost: a\n\n"},
    {45, 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
    {46, 400, get("Host: a\r\nX: a\rb\r\n")},
    {47, 400, get("Host: a\r\nX: a\0b\r\n"s)},
    {48, 400, get("Host: a\r\nX\0Y: a\r\n"s)},
    {49, 400, line("GET /a\0b HTTP/1.1"s)},
    {50, 400, get("Host: a\r\nX Y: a\r\n")},
    {51, 400, get(" Host: a\r\n")},
    {52, 400, get("Host: a\r\nX: a\r\n b\r\n")},
    {52, 400, get("Host: a\r\nX: a\r\n\tb\r\n")},
    {53, 400, get("Host: a\r\nno colon\r\n")},
    {54, 400, get("Host: a\r\n: a\r\n")},
    {55, 400, get("Host: a\r\nX: a\x7f" "b\r\n")},
    {56, 400, get("Host: a\r\n\xc3\xa4: a\r\n")},
    {57, 400, post("Content_Length: 3\r\n")},
    {58, 400, get("")},
    {58, 200, "GET / HTTP/1.0\r\n\r\n"},
    {59, 400, get("Host: a\r\nHost: a\r\n")},
    {60, 400, get("Host: a:99999\r\n")},
    {60, 400, get("Host: a b\r\n")},
    {60, 400, get("Host: [::1\r\n")},
    {60, 400, get("Host:\r\n")},
    {60, 400, get("Host: " + std::string(300, 'a') + "\r\n")},
    {61, 431, get("Host: a\r\nX: " + std::string(9000, 'a') + "\r\n")},
    {62, 431, [] {
       std::string fields = "Host: a\r\n";
       for (int i = 0; i < 2000; ++i)
         fields += "x: y\r\n";
       return get(fields);
     }()},
    {63, 431, get("Host: a\r\n" + std::string(8000, 'x') + ": y\r\n")},
    {64, 414, "GET /" + std::string(100'000, 'a')},
    {64, 431, "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'a')},
    {64, 501, std::string(100'000, 'A')},
    {65, 200, get("Host: a\r\nConnection: close, keep-alive\r\n")},
    {65, 400, get("Host: a\r\nConnection: Content-Length\r\n")},
    {66, 200, get("Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n")},
    {67, 417, post("Expect: 200-ok\r\n")},
    {68, 408, post("Expect: 100-continue\r\n" + cl + "3\r\n")},
    {69, 200, get("Host: a\r\nRange: bytes=0-1,2-3\r\n")},
    {71, 200, post(cl + "1\r\nContent-Type: garbage\r\n", "a")},
  };
}

std::vector<bad_input> request_lines() {
  return {
    {74, 400, "GET /\r\n"},
    {75, 505, line("GET / HTTP/2.0")},
    {76, 505, line("GET / HTTP/1.2")},
    {76, 400, line("GET / HTTP/1.10")},
    {76, 400, line("GET / http/1.1")},
    {77, 400, line("GET  / HTTP/1.1")},
    {77, 400, line("GET /  HTTP/1.1")},
    {77, 400, line("GET\t/ HTTP/1.1")},
    {77, 400, line("GET / HTTP/1.1 ")},
    {77, 400, line(" GET / HTTP/1.1")},
    {78, 200, "\r\n" + line("GET / HTTP/1.1")},
    {78, 400, "\r\n\r\n" + line("GET / HTTP/1.1")},
    {79, 501, line("get / HTTP/1.1")},
    {80, 501, line(std::string(5000, 'A') + " / HTTP/1.1")},
    {81, 405, line("CONNECT / HTTP/1.1")},
    {81, 405, line("TRACE / HTTP/1.1")},
    {82, 400, line("GET /\xff HTTP/1.1")},
    {83, 400, line("GET http://b/ HTTP/1.1")},
    {83, 200, line("GET http://a/ HTTP/1.1")},
    {84, 200, line("OPTIONS * HTTP/1.1")},
    {85, 414, line("GET /" + std::string(65535, 'a') + " HTTP/1.1")},
    {86, 400, line("GET /../../x HTTP/1.1")},
    {86, 400, line("GET /..%2f..%2fetc%2fpasswd HTTP/1.1")},
    {86, 400, line("GET /%2e%2e/ HTTP/1.1")},
    {86, 400, line("GET /a/./b HTTP/1.1")},
    {86, 400, line("GET //a HTTP/1.1")},
    {86, 400, line("GET /a%00b HTTP/1.1")},
    {86, 400, line("GET /a%zz HTTP/1.1")},
    {86, 400, line("GET /a#b HTTP/1.1")},
    {86, 400, line("GET /%c0%ae/ HTTP/1.1")},
    {87, 200, [] {
       std::string target;
       for (int i = 0; i < 2000; ++i)
         target += "/a";
       return line("GET " + target + " HTTP/1.1");
     }()},
    {88, 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {89, 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s},
    {90, 400, "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"},
    {91, 400, "SSH-2.0-OpenSSH_9.2p1\r\n"},
    {105, 200, post(cl + "1000\r\n", std::string(1000, 'x'))},
    {105, 413, post(cl + "1001\r\n", std::string(1001, 'x'))},
    {106, 200, get("Host: a\r\n" + cl + "3\r\n") + "abc"},
  };
}

void check_all(const std::vector<bad_input>& cases) {
  for (auto& [number, status, bytes] : cases) {
    CAPTURE(number);
    CAPTURE(bytes.substr(0, 100));
    CHECK(outcome_of(bytes, 1) == status);
    CHECK(outcome_of(bytes, 7) == status);
    CHECK(outcome_of(bytes, bytes.size()) == status);
  }
}

} // namespace

TEST_CASE("a request whose framing could be read in two ways is refused") {
  check_all(framing());
}

TEST_CASE("a request with malformed lines or fields is refused") {
  check_all(lines());
}

TEST_CASE("a request with a malformed request line or path is refused") {
  check_all(request_lines());
}

TEST_CASE("random bytes are refused or need more, and never accepted") {
  std::uint64_t state = 42;
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (int i = 0; i < 5000; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes += static_cast<char>(state >> 56);
    }
    CHECK(outcome_of(bytes, 100) >= 400);
  }
}

TEST_CASE("requests in one piece come out one by one and in order") {
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += post(cl + "2\r\n", std::to_string(10 + i % 90))
             + chunked("1\r\n" + std::to_string(i % 10) + "\r\n" + last);
  request_reader reader{head_limits{}, body_bytes_max};
  std::string_view input = bytes;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(reader.read(input) == verdict::complete);
    CHECK(reader.request().body == std::to_string(10 + i % 90));
    reader.reset();
    REQUIRE(reader.read(input) == verdict::complete);
    CHECK(reader.request().body == std::to_string(i % 10));
    reader.reset();
  }
  CHECK(input.empty());
  CHECK(reader.idle());
}

TEST_CASE("an accepted request never swallows a byte of the next") {
  auto good = post(cl + "3\r\n", "abc");
  auto bytes = good + "GARBAGE\n";
  request_reader reader{head_limits{}, body_bytes_max};
  std::string_view input = bytes;
  REQUIRE(reader.read(input) == verdict::complete);
  CHECK(input == "GARBAGE\n");
  reader.reset();
  CHECK(reader.read(input) == verdict::refused);
}

TEST_CASE("the client is asked for its body once, and only if it waits") {
  request_reader reader{head_limits{}, body_bytes_max};
  auto bytes = post("Expect: 100-continue\r\n" + cl + "3\r\n");
  std::string_view input = bytes;
  REQUIRE(reader.read(input) == verdict::more);
  CHECK(reader.in_body());
  CHECK(reader.take_expectation());
  CHECK_FALSE(reader.take_expectation());

  SUBCASE("no body, nothing to ask for") {
    request_reader other{head_limits{}, body_bytes_max};
    auto empty = post("Expect: 100-continue\r\n");
    input = empty;
    CHECK(other.read(input) == verdict::complete);
    CHECK_FALSE(other.take_expectation());
  }
  SUBCASE("the body came along") {
    request_reader other{head_limits{}, body_bytes_max};
    auto with_body = bytes + "a";
    input = with_body;
    CHECK(other.read(input) == verdict::more);
    CHECK_FALSE(other.take_expectation());
  }
}
