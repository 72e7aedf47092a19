#pragma once

#include "proxy/request_head.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace serval {

/// Takes the chunked coding off a request's body, as strictly as the gate reads
/// heads: sizes of at most 16 digits, extensions (ignored) of at most 256 bytes
/// for each chunk, CRLF alone ends lines, and trailers obey the rules of
/// fields, must not frame or route the request, and are dropped.
class chunk_decoder {
public:
  enum class verdict {
    more,     ///< All input is consumed and the body goes on.
    complete, ///< The input's rest belongs to the next request.
    refused,  ///< See why().
  };

  chunk_decoder(std::uint64_t body_bytes_max,
                const head_limits& limits) noexcept
    : body_bytes_max_(body_bytes_max), limits_(limits) {
    // nop
  }

  /// Consumes what it can from the front of `input` and appends the data to
  /// `body`, which it never lets grow beyond the maximum.
  verdict decode(std::string_view& input, std::string& body);

  const refusal& why() const noexcept {
    return why_;
  }

private:
  enum class state : std::uint8_t {
    size,
    extension,
    size_end,
    data,
    data_return,
    data_end,
    trailer,
    trailer_end,
  };

  verdict refuse(int status, std::string_view reason);
  verdict take_size_char(char c);
  verdict take_extension_char(char c);
  verdict end_size_line(const std::string& body);
  void take_data(std::string_view& input, std::string& body);
  verdict take_trailer_char(char c);
  verdict end_trailer_line();
  verdict step(char c, const std::string& body);

  std::uint64_t body_bytes_max_;
  head_limits limits_;
  state state_ = state::size;
  std::uint64_t chunk_bytes_ = 0; ///< Of the current chunk, still to come.
  std::size_t digits_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailers_ = 0;
  std::string line_; ///< The extension or trailer that is being read.
  refusal why_;
};

} // namespace serval
