#include "load/http_reply_reader.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

using progress = http_reply_reader::progress;

namespace {

struct reading {
  progress how = progress::more;
  int status = 0;
  std::uint64_t bytes = 0;
  bool keeps_alive = false;
  std::size_t left = 0;

  friend bool operator==(const reading&, const reading&) = default;
};

/// Feeds the bytes in pieces of `piece`.
reading read_pieces(std::string_view text, std::size_t piece,
                    bool has_body = true) {
  http_reply_reader reader;
  reader.begin(has_body);
  auto how = progress::more;
  while (!text.empty() && how == progress::more) {
    auto part = text.substr(0, piece);
    auto rest = part;
    how = reader.feed(rest);
    text.remove_prefix(part.size() - rest.size());
  }
  return {how, reader.status(), reader.body_bytes(), reader.keeps_alive(),
          text.size()};
}

/// The same in pieces of any size.
reading read(std::string_view text, bool has_body = true) {
  auto whole = read_pieces(text, text.size(), has_body);
  for (std::size_t piece = 1; piece < text.size(); ++piece)
    CHECK(read_pieces(text, piece, has_body) == whole);
  return whole;
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

} // namespace

TEST_CASE("an answer with a length ends where its body does") {
  auto got = read(ok + "Content-Length: 5\r\n\r\nhello");
  CHECK(got == reading{progress::done, 200, 5, true, 0});
  got = read(ok + "x: y\r\ncontent-length:0\r\n\r\n");
  CHECK(got == reading{progress::done, 200, 0, true, 0});
}

TEST_CASE("bytes after an answer are left alone") {
  auto got = read(ok + "Content-Length: 2\r\n\r\nabXYZ");
  CHECK(got == reading{progress::done, 200, 2, true, 3});
}

TEST_CASE("a chunked answer ends with its trailer") {
  auto got = read("HTTP/1.1 201 Created\r\nTransfer-Encoding: Chunked\r\n\r\n"
                  "5\r\nhello\r\n1A;x=y\r\nabcdefghijklmnopqrstuvwxyz\r\n"
                  "0\r\nA: b\r\n\r\n");
  CHECK(got == reading{progress::done, 201, 31, true, 0});
  got = read(ok + "transfer-encoding: chunked\r\n\r\n0\r\n\r\n");
  CHECK(got == reading{progress::done, 200, 0, true, 0});
}

TEST_CASE("an answer without length ends with its connection") {
  http_reply_reader reader;
  reader.begin(true);
  std::string_view bytes = "HTTP/1.1 200 OK\r\n\r\nabc";
  CHECK(reader.feed(bytes) == progress::more);
  CHECK(reader.on_close() == progress::done);
  CHECK(reader.body_bytes() == 3);
  CHECK_FALSE(reader.keeps_alive());
}

TEST_CASE("an answer that is cut off is not done") {
  http_reply_reader reader;
  reader.begin(true);
  CHECK(reader.on_close() == progress::malformed);
  std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc";
  CHECK(reader.feed(bytes) == progress::more);
  CHECK(reader.on_close() == progress::malformed);
}

TEST_CASE("answers without a body need no length") {
  CHECK(read("HTTP/1.1 204 No Content\r\n\r\n").how == progress::done);
  CHECK(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").how
        == progress::done);
  CHECK(read(ok + "Content-Length: 9\r\n\r\n", false).how == progress::done);
}

TEST_CASE("interim answers are skipped") {
  auto got = read("HTTP/1.1 100 Continue\r\n\r\n" + ok
                  + "Content-Length: 1\r\n\r\nx");
  CHECK(got == reading{progress::done, 200, 1, true, 0});
}

TEST_CASE("a connection that will close is known") {
  CHECK_FALSE(
    read(ok + "Connection: close\r\nContent-Length: 0\r\n\r\n").keeps_alive);
  CHECK_FALSE(
    read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps_alive);
  CHECK(read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
             "Content-Length: 0\r\n\r\n")
          .keeps_alive);
}

TEST_CASE("what is no answer is refused") {
  for (std::string text :
       {"nonsense, and more of it\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 99 Low\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"}) {
    CAPTURE(text);
    CHECK(read(text).how == progress::malformed);
  }
  auto endless = "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a');
  CHECK(read_pieces(endless, 10'000).how == progress::malformed);
}

TEST_CASE("the worker that answered is known, if the answer says so") {
  http_reply_reader reader;
  auto feed = [&](std::string text) {
    reader.begin(true);
    std::string_view bytes{text};
    CHECK(reader.feed(bytes) == progress::done);
  };
  feed(ok + "X-Serval-Worker: 17\r\nContent-Length: 0\r\n\r\n");
  CHECK(reader.worker() == "17");
  feed(ok + "Content-Length: 0\r\n\r\n");
  CHECK(reader.worker().empty());
  // It becomes a field of a CSV line.
  feed(ok + "x-serval-worker: a,b\tc\r\nContent-Length: 0\r\n\r\n");
  CHECK(reader.worker() == "abc");
}
