#include "proxy/chunk_decoder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

namespace {

struct decoded {
  int status = 0; ///< 0: more bytes are needed; 200: complete.
  std::string body;
  std::string rest;
};

decoded decode(std::string_view input, std::size_t piece,
               std::uint64_t body_bytes_max = 1000) {
  chunk_decoder decoder{body_bytes_max, head_limits{}};
  decoded result;
  while (!input.empty()) {
    auto part = input.substr(0, piece);
    auto given = part.size();
    auto verdict = decoder.decode(part, result.body);
    input.remove_prefix(given - part.size());
    if (verdict == chunk_decoder::verdict::refused) {
      result.status = decoder.why().status;
      return result;
    }
    if (verdict == chunk_decoder::verdict::complete) {
      result.status = 200;
      result.rest = input;
      return result;
    }
  }
  return result;
}

} // namespace

TEST_CASE("a chunked body is put together however its bytes are cut") {
  std::string_view input
    = "5\r\nhello\r\n1;a=\"b c\"\r\n \r\n000A\r\n0123456789\r\n"
      "0\r\nx-sum: 1\r\n\r\nGET /";
  for (std::size_t piece = 1; piece <= input.size(); ++piece) {
    CAPTURE(piece);
    auto result = decode(input, piece);
    CHECK(result.status == 200);
    CHECK(result.body == "hello 0123456789");
    CHECK(result.rest == "GET /");
  }
}

TEST_CASE("a body up to the maximum passes and one byte more does not") {
  CHECK(decode("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 100, 5).status == 200);
  CHECK(decode("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 100, 5).status == 413);
  CHECK(decode("ffffffffffffffff\r\n", 100, 5).status == 413);
  CHECK(decode("1\r\na\r\nffffffffffffffff\r\n", 100, 5).status == 413);
}

TEST_CASE("the body never grows beyond the maximum") {
  auto result = decode("ffff\r\n" + std::string(0xffff, 'x'), 7, 100);
  CHECK(result.status == 413);
  CHECK(result.body.empty());
}

TEST_CASE("chunk extensions are skipped if they are well-formed") {
  auto status_of = [](std::string_view extension) {
    return decode("1;" + std::string{extension} + "\r\nx\r\n0\r\n\r\n", 100)
      .status;
  };
  for (auto good : {"a", "a=b", "a=\"b c\"", "a=\"\\\"\";b;c=d"}) {
    CAPTURE(good);
    CHECK(status_of(good) == 200);
  }
  for (auto bad : {"", "=b", "a=", "a= ", " a", "a ;b", "a=\"b", "a=b\"c\"",
                   "a;", "a\tb", "a=\"\\\""}) {
    CAPTURE(bad);
    CHECK(status_of(bad) == 400);
  }
}

TEST_CASE("a million chunks of one byte are decoded") {
  std::string input;
  for (int i = 0; i < 1'000'000; ++i)
    input += "1\r\nx\r\n";
  input += "0\r\n\r\n";
  auto result = decode(input, 65536, 2'000'000);
  CHECK(result.status == 200);
  CHECK(result.body.size() == 1'000'000);
}

TEST_CASE("trailers are bounded in number and size") {
  std::string many = "0\r\n";
  for (int i = 0; i < 10'000; ++i)
    many += "a:\r\n";
  CHECK(decode(many + "\r\n", 1000).status == 431);
  CHECK(decode("0\r\na: " + std::string(9000, 'x') + "\r\n\r\n", 1000).status
        == 431);
}
