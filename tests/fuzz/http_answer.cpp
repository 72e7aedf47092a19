#include "targets.hpp"

#include "base/assert.hpp"
#include "cli/http_response_parser.hpp"
#include "input_reader.hpp"
#include "load/http_reply_reader.hpp"

#include <string>

namespace serval {

namespace {

/// All answers that `serval bench` finds in a connection's bytes.
std::string count_all(std::string_view bytes, std::size_t piece_bytes,
                      bool has_body) {
  using progress = http_reply_reader::progress;
  http_reply_reader reader;
  reader.begin(has_body);
  std::string seen;
  auto note = [&] {
    SERVAL_ASSERT(reader.status() >= 100 && reader.status() <= 999);
    seen += std::to_string(reader.status()) + " "
            + std::to_string(reader.body_bytes())
            + (reader.keeps_alive() ? "\n" : " close\n");
  };
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, piece_bytes);
    auto before = piece.size();
    auto made = reader.feed(piece);
    bytes.remove_prefix(before - piece.size());
    if (made == progress::malformed)
      return seen + "malformed";
    if (made == progress::more) {
      SERVAL_ASSERT(piece.empty());
      continue;
    }
    note();
    reader.begin(has_body);
  }
  if (reader.began() && reader.on_close() == progress::done)
    note();
  return seen + "end";
}

/// The answer that the command line finds at the front of the bytes.
std::string read_one(std::string_view bytes, std::size_t piece_bytes,
                     bool has_body) {
  http_response_parser parser{has_body};
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    auto done = parser.feed(piece);
    if (!done)
      return "malformed";
    if (!*done)
      continue;
    auto answer = parser.take();
    auto seen = std::to_string(answer.status) + "\n";
    for (auto& [name, value] : answer.fields)
      seen += name + ":" + value + "\n";
    return seen + answer.body;
  }
  return "cut";
}

} // namespace

void fuzz_http_answer(std::string_view input) {
  input_reader in{input};
  bool has_body = in.byte() != 'H';
  auto bytes = in.rest();
  auto counted = count_all(bytes, bytes.size(), has_body);
  SERVAL_ASSERT(count_all(bytes, 1, has_body) == counted);
  auto read = read_one(bytes, bytes.size(), has_body);
  SERVAL_ASSERT(read_one(bytes, 1, has_body) == read);
}

} // namespace serval
