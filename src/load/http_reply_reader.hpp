#pragma once

#include "load/echo_check.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// Finds the ends of HTTP/1.1 answers in the bytes of a connection, however
/// these are cut, and what the status is. Bodies are counted, not kept: it is
/// made for many answers per second. Pure.
class http_reply_reader {
public:
  enum class progress {
    more,      ///< The answer goes on.
    done,      ///< It is complete; `begin` before the next one.
    malformed, ///< This is no answer; the connection is of no more use.
  };

  /// Before each answer. `has_body` is false for the answer to HEAD.
  void begin(bool has_body) noexcept;

  /// What the next answers' bodies are held against.
  void expect(const echo_check& echo) noexcept {
    echo_ = echo;
  }

  /// Whether the complete answer's body was that.
  bool as_expected() const noexcept {
    return echo_.as_expected();
  }

  /// Takes what belongs to the answer from the front of `bytes`.
  progress feed(std::string_view& bytes);

  /// The connection ended. Done if that is how the answer ends.
  progress on_close() const noexcept;

  /// Whether any byte of the answer came.
  bool began() const noexcept {
    return began_;
  }

  int status() const noexcept {
    return status_;
  }

  /// Who answered, as `x-serval-worker` says; empty if it does not.
  std::string_view worker() const noexcept {
    return worker_;
  }

  std::uint64_t body_bytes() const noexcept {
    return body_bytes_;
  }

  /// Whether the connection can be used again.
  bool keeps_alive() const noexcept {
    return keeps_alive_;
  }

private:
  enum class state {
    head,
    sized_body,
    endless_body,
    chunk_size,
    chunk_extension,
    chunk_data,
    chunk_end,
    trailer,
    complete,
    broken,
  };

  bool read_head(std::string_view& bytes);
  bool parse_head(std::string_view head);
  bool parse_field(std::string_view line);
  void choose_body();
  void skip_body(std::string_view& bytes);
  void read_chunk_size(std::string_view& bytes);
  void read_trailer(std::string_view& bytes);

  state state_ = state::head;
  bool has_body_ = true;
  bool began_ = false;
  bool keeps_alive_ = true;
  bool chunked_ = false;
  bool has_length_ = false;
  int status_ = 0;
  /// Of the body or the chunk.
  std::uint64_t left_ = 0;
  std::uint64_t body_bytes_ = 0;
  /// Digits of a chunk's size, or bytes of the trailer's line, so far.
  unsigned line_bytes_ = 0;
  echo_check echo_;
  std::string worker_;
  /// A head that is not complete yet.
  std::string head_;
};

} // namespace serval
