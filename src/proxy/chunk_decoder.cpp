#include "proxy/chunk_decoder.hpp"

#include "proxy/header_gate.hpp"
#include "proxy/http_chars.hpp"

#include <algorithm>
#include <array>

namespace serval {

namespace {

constexpr std::size_t max_size_digits = 16;
constexpr std::size_t max_extension_bytes = 256;

/// Fields that are acted on before the body is read; after it they could only
/// contradict what was already done (RFC 9110, 6.5.1).
constexpr std::array<std::string_view, 13> forbidden_trailers = {
  "authorization",  "connection",    "content-encoding", "content-length",
  "content-range",  "content-type",  "cookie",           "expect",
  "host",           "te",            "trailer",          "transfer-encoding",
  "upgrade",
};

std::size_t token_length(std::string_view text) {
  auto end = std::find_if_not(text.begin(), text.end(), is_token_char);
  return static_cast<std::size_t>(end - text.begin());
}

/// The length of the quoted string at the front of `text`, or 0.
std::size_t quoted_length(std::string_view text) {
  if (!text.starts_with('"'))
    return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"')
      return i + 1;
    if (text[i] == '\\')
      ++i;
  }
  return 0;
}

/// Whether `text`, which follows the first ";", is a list of extensions with
/// optional values (RFC 9112, 7.1.1), without the blanks of bad senders.
bool is_extension_list(std::string_view text) {
  for (;;) {
    auto name = token_length(text);
    if (name == 0)
      return false;
    text.remove_prefix(name);
    if (text.starts_with('=')) {
      text.remove_prefix(1);
      auto value = std::max(token_length(text), quoted_length(text));
      if (value == 0)
        return false;
      text.remove_prefix(value);
    }
    if (text.empty())
      return true;
    if (text.front() != ';')
      return false;
    text.remove_prefix(1);
  }
}

} // namespace

chunk_decoder::verdict chunk_decoder::refuse(int status,
                                             std::string_view reason) {
  why_ = {status, reason};
  return verdict::refused;
}

chunk_decoder::verdict chunk_decoder::decode(std::string_view& input,
                                             std::string& body) {
  while (!input.empty()) {
    if (state_ == state::data) {
      take_data(input, body);
      continue;
    }
    auto c = input.front();
    input.remove_prefix(1);
    if (auto result = step(c, body); result != verdict::more)
      return result;
  }
  return verdict::more;
}

chunk_decoder::verdict chunk_decoder::step(char c, const std::string& body) {
  switch (state_) {
    case state::size:
      return take_size_char(c);
    case state::extension:
      return take_extension_char(c);
    case state::size_end:
      return c == '\n' ? end_size_line(body)
                       : refuse(400, "a chunk size has a CR that ends no line");
    case state::data_return:
      state_ = state::data_end;
      return c == '\r' ? verdict::more
                       : refuse(400, "a chunk is longer than its size");
    case state::data_end:
      state_ = state::size;
      return c == '\n' ? verdict::more
                       : refuse(400, "a chunk is longer than its size");
    case state::trailer:
      return take_trailer_char(c);
    case state::trailer_end:
      return c == '\n' ? end_trailer_line()
                       : refuse(400, "a trailer has a CR that ends no line");
    case state::data:
      break;
  }
  return refuse(500, "the chunk decoder lost its way");
}

chunk_decoder::verdict chunk_decoder::take_size_char(char c) {
  if (auto digit = hex_value(c); digit >= 0) {
    if (++digits_ > max_size_digits)
      return refuse(400, "a chunk size has too many digits");
    chunk_bytes_ = chunk_bytes_ * 16 + static_cast<unsigned>(digit);
    return verdict::more;
  }
  if (digits_ == 0 || (c != '\r' && c != ';'))
    return refuse(400, "a chunk size is not a plain hexadecimal number");
  state_ = c == ';' ? state::extension : state::size_end;
  return verdict::more;
}

chunk_decoder::verdict chunk_decoder::take_extension_char(char c) {
  if (c == '\r') {
    if (!is_extension_list(line_))
      return refuse(400, "a chunk extension is malformed");
    line_.clear();
    state_ = state::size_end;
    return verdict::more;
  }
  if (!is_field_char(c))
    return refuse(400, "a chunk extension has a control character");
  if (line_.size() == max_extension_bytes)
    return refuse(400, "a chunk extension is too long");
  line_ += c;
  return verdict::more;
}

chunk_decoder::verdict chunk_decoder::end_size_line(const std::string& body) {
  digits_ = 0;
  // Compared by subtraction: a size of 2^64 - 1 must not wrap.
  if (chunk_bytes_ > body_bytes_max_ - body.size())
    return refuse(413, "the body is too large");
  state_ = chunk_bytes_ == 0 ? state::trailer : state::data;
  return verdict::more;
}

void chunk_decoder::take_data(std::string_view& input, std::string& body) {
  auto count = static_cast<std::size_t>(
    std::min<std::uint64_t>(chunk_bytes_, input.size()));
  body.append(input.substr(0, count));
  input.remove_prefix(count);
  chunk_bytes_ -= count;
  if (chunk_bytes_ == 0)
    state_ = state::data_return;
}

chunk_decoder::verdict chunk_decoder::take_trailer_char(char c) {
  if (c == '\r') {
    state_ = state::trailer_end;
    return verdict::more;
  }
  if (!is_field_char(c))
    return refuse(400, "a trailer has a control character");
  if (++trailer_bytes_ > limits_.field_bytes)
    return refuse(431, "the trailers are too large");
  line_ += c;
  return verdict::more;
}

chunk_decoder::verdict chunk_decoder::end_trailer_line() {
  if (line_.empty())
    return verdict::complete;
  header_field field;
  if (auto why = parse_field(line_, limits_, field))
    return refuse(why->status, why->reason);
  auto is_it = [&](std::string_view name) {
    return equal_ignoring_case(field.name, name);
  };
  if (std::any_of(forbidden_trailers.begin(), forbidden_trailers.end(), is_it))
    return refuse(400, "a trailer is not allowed to come after the body");
  if (++trailers_ > limits_.fields)
    return refuse(431, "there are too many trailers");
  line_.clear();
  state_ = state::trailer;
  return verdict::more;
}

} // namespace serval
