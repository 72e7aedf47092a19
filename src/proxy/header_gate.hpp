#pragma once

#include "proxy/request_head.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace serval {

/// The strict gate before everything that interprets a request: a head passes
/// only if every reader of RFC 9112 would read it the same way. What lenient
/// parsers repair, ignore or pass on is what request smuggling is made of.
///
/// The work is in two steps, so that bytes can come in any pieces and the views
/// of the second step stay valid: `head_scanner` finds where the head ends and
/// refuses what is hopeless early; `parse_head` reads the complete head.
class head_scanner {
public:
  enum class verdict {
    more,     ///< The head goes on; scan again with more bytes.
    complete, ///< The head is at [begin(), end()).
    refused,  ///< See why().
  };

  explicit head_scanner(const head_limits& limits) noexcept : limits_(limits) {
    // nop
  }

  /// Scans all bytes of a head received so far; each call's bytes begin with
  /// those of the call before. Each byte is looked at once.
  verdict scan(std::string_view bytes);

  /// Where the request line begins; one empty line before it is skipped.
  std::size_t begin() const noexcept {
    return begin_;
  }

  /// One past the empty line that ends the head.
  std::size_t end() const noexcept {
    return pos_;
  }

  const refusal& why() const noexcept {
    return why_;
  }

  void reset() noexcept {
    *this = head_scanner{limits_};
  }

private:
  verdict refuse(int status, std::string_view reason);
  verdict refuse_byte(std::string_view bytes, std::string_view reason);
  verdict scan_lines(std::string_view bytes);
  bool end_line();
  verdict check_size(std::string_view bytes);
  verdict check_first_line(std::string_view bytes);

  head_limits limits_;
  std::size_t begin_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t pos_ = 0;
  std::size_t lines_ = 0;
  bool first_line_checked_ = false;
  refusal why_;
};

/// Reads the complete head that a scanner found and fills `head`, whose views
/// point into `bytes`. Answers why the request is refused, if it is.
std::optional<refusal> parse_head(std::string_view bytes,
                                  const head_limits& limits,
                                  request_head& head);

/// Reads one field line without its line end. Trailers obey the same rules.
std::optional<refusal> parse_field(std::string_view line,
                                   const head_limits& limits,
                                   header_field& field);

} // namespace serval
