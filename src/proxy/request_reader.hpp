#pragma once

#include "proxy/chunk_decoder.hpp"
#include "proxy/header_gate.hpp"
#include "proxy/http_message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// Reads one request after another out of a connection's bytes, however these
/// are cut. Knows nothing of sockets and time.
class request_reader {
public:
  enum class verdict {
    more,     ///< All input is consumed and the request goes on.
    complete, ///< See request(); the input's rest is the next request's.
    refused,  ///< See why(); the connection is of no use any more.
  };

  request_reader(const head_limits& limits,
                 std::uint64_t body_bytes_max) noexcept;

  /// Consumes what it can from the front of `input`. A body that the head
  /// announces as too large is refused before a byte of it is consumed.
  verdict read(std::string_view& input);

  /// REQUIRES: the last verdict is `complete`, or `in_body` for the head alone.
  /// Valid until `reset`.
  http_request& request() noexcept {
    return request_;
  }

  const refusal& why() const noexcept {
    return why_;
  }

  /// Whether nothing of a request has come yet.
  bool idle() const noexcept {
    return state_ == state::head && bytes_.empty();
  }

  /// Whether the head is complete and the body is not.
  bool in_body() const noexcept {
    return state_ == state::fixed_body || state_ == state::chunked_body;
  }

  /// Whether the client waits for `100 Continue`. True at most once for each
  /// request, after `read` said `more`.
  bool take_expectation() noexcept;

  /// Makes ready for the next request.
  void reset() noexcept;

private:
  enum class state : std::uint8_t {
    head,
    fixed_body,
    chunked_body,
    done,
  };

  verdict refuse(refusal why);
  verdict read_head(std::string_view& input);
  verdict begin_body();
  verdict read_fixed(std::string_view& input);
  verdict read_chunked(std::string_view& input);

  head_limits limits_;
  std::uint64_t body_bytes_max_;
  state state_ = state::head;
  bool expects_continue_ = false;
  /// The head; the views in `request_` point here.
  std::string bytes_;
  head_scanner scanner_;
  chunk_decoder chunks_;
  http_request request_;
  refusal why_;
};

} // namespace serval
