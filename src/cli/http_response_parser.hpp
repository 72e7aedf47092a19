#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serval {

/// An answer as a client sees it.
struct http_answer {
  int status = 0;
  /// Names in lower case.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  /// The first field of that name, given in lower case; "" if there is none.
  std::string_view field(std::string_view name) const noexcept;
};

/// Puts one HTTP/1.1 answer together from the bytes of a connection, however
/// these are cut. Knows what Serval's own servers send: they always say how
/// long a body is.
class http_response_parser {
public:
  /// `has_body` is false for the answer to HEAD.
  explicit http_response_parser(bool has_body) : has_body_(has_body) {
    // nop
  }

  /// Takes the next bytes. True when the answer is complete.
  result<bool> feed(std::string_view bytes);

  /// REQUIRES: the answer is complete.
  http_answer take() {
    return std::move(answer_);
  }

private:
  result<void> parse_head(std::string_view head);

  bool has_body_;
  bool has_head_ = false;
  std::string buffer_;
  std::uint64_t length_ = 0;
  http_answer answer_;
};

} // namespace serval
