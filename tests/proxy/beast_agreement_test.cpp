// Whatever the reader accepts, an independent parser must read the same way:
// two readers that disagree about one request are what smuggling needs.

#include "base/random.hpp"
#include "proxy/request_reader.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace serval;

namespace http = boost::beast::http;

namespace {

std::string view_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// Checks that Beast reads one request from the front of `bytes` as the reader
/// did; answers false if the reader did not accept.
bool agrees(std::string_view bytes) {
  request_reader reader{head_limits{}, 1'000'000};
  auto rest = bytes;
  if (reader.read(rest) != request_reader::verdict::complete)
    return false;
  auto& request = reader.request();
  if (bytes.starts_with("\r\n"))
    bytes.remove_prefix(2); // Beast does not skip the empty line.
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(64 * 1024);
  boost::system::error_code failure;
  std::size_t used = 0;
  while (!failure && !parser.is_done() && used < bytes.size())
    used += parser.put(
      boost::asio::buffer(bytes.data() + used, bytes.size() - used), failure);
  CAPTURE(bytes);
  CHECK_FALSE(failure);
  REQUIRE(parser.is_done());
  CHECK(used == bytes.size() - rest.size());
  auto& message = parser.get();
  CHECK(view_of(message.method_string()) == request.head.method);
  CHECK(view_of(message.target()) == request.head.target);
  CHECK(message.body() == request.body);
  // If both options are there, Beast lets keep-alive win, RFC 9112 close.
  CHECK((message.keep_alive() || !request.head.keep_alive));
  std::vector<std::pair<std::string, std::string>> theirs;
  for (auto& field : message)
    theirs.emplace_back(view_of(field.name_string()), view_of(field.value()));
  std::vector<std::pair<std::string, std::string>> ours;
  for (auto& field : request.head.fields)
    ours.emplace_back(field.name, field.value);
  // Beast groups fields of one name, and adds the trailers, which we drop.
  std::sort(theirs.begin(), theirs.end());
  std::sort(ours.begin(), ours.end());
  CHECK(std::includes(theirs.begin(), theirs.end(), ours.begin(), ours.end()));
  CHECK((request.head.chunked || theirs.size() == ours.size()));
  return true;
}

/// Parts of which requests are put together, good and bad alike.
struct part_list {
  std::vector<std::string> lines = {
    "GET / HTTP/1.1\r\n", "POST /a/b?c=d HTTP/1.1\r\n",
    "PUT /%41 HTTP/1.0\r\n", "HEAD /x HTTP/1.1\r\n", "GET  / HTTP/1.1\r\n",
    "POST http://a/x HTTP/1.1\r\n", "\r\nDELETE /x HTTP/1.1\r\n"};
  std::vector<std::string> fields = {
    "Host: a\r\n", "Host: a\r\n", "Host: a\r\n", "host:a\r\n", "Host : a\r\n",
    "Content-Length: 3\r\n", "Content-Length: 3\r\n", "content-length:\t3 \r\n",
    "Content-Length: 03\r\n", "Content-Length: 3, 3\r\n",
    "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:\tChunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
    "Connection: close\r\n", "Connection: keep-alive\r\n", "X: a\r\n b\r\n",
    "X:\r\n", "X: \xc3\xa4\r\n", "Expect: 100-continue\r\n", "Y: a\tb\r\n"};
  std::vector<std::string> bodies = {
    "", "abc", "3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n",
    "1;x=y\r\na\r\n2\r\nbc\r\n0\r\nZ: t\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n",
    "0003\r\nabc\r\n0\r\n\r\n", "3\nabc\n0\n\n", "-3\r\nabc\r\n0\r\n\r\n"};
};

} // namespace

TEST_CASE("an independent parser agrees about every accepted request") {
  part_list parts;
  random_source random{20260101};
  auto pick = [&](const std::vector<std::string>& from) -> const std::string& {
    return from[random.below(static_cast<std::uint32_t>(from.size()))];
  };
  int accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    auto bytes = pick(parts.lines);
    for (auto count = random.below(5); count > 0; --count)
      bytes += pick(parts.fields);
    bytes += "\r\n" + pick(parts.bodies) + "GET /next HTTP/1.1\r\n\r\n";
    if (random.below(4) == 0)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))]
        = static_cast<char>(random.below(256));
    accepted += agrees(bytes) ? 1 : 0;
  }
  CHECK(accepted > 1000);
}
