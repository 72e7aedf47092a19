#include "proxy/request_reader.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

/// What a client can make us set aside by a Content-Length alone.
constexpr std::uint64_t max_reserve_bytes = 256 * 1024;

/// Memory above this is not kept for the connection's next request.
constexpr std::size_t max_kept_bytes = 16 * 1024;

} // namespace

request_reader::request_reader(const head_limits& limits,
                               std::uint64_t body_bytes_max) noexcept
  : limits_(limits),
    body_bytes_max_(body_bytes_max),
    scanner_(limits),
    chunks_(body_bytes_max, limits) {
  // nop
}

request_reader::verdict request_reader::refuse(refusal why) {
  why_ = why;
  return verdict::refused;
}

request_reader::verdict request_reader::read(std::string_view& input) {
  if (state_ == state::head)
    if (auto result = read_head(input); result != verdict::complete)
      return result;
  switch (state_) {
    case state::fixed_body:
      return read_fixed(input);
    case state::chunked_body:
      return read_chunked(input);
    default:
      return verdict::complete;
  }
}

/// Answers `complete` when the head is.
request_reader::verdict request_reader::read_head(std::string_view& input) {
  if (input.empty())
    return verdict::more;
  auto before = bytes_.size();
  // A head that came in one piece is scanned where it is, so that requests
  // sent in one go are not copied over and over.
  if (before > 0)
    bytes_.append(input);
  switch (scanner_.scan(before > 0 ? bytes_ : input)) {
    case head_scanner::verdict::more:
      if (before == 0)
        bytes_.assign(input);
      input.remove_prefix(input.size());
      return verdict::more;
    case head_scanner::verdict::refused:
      return refuse(scanner_.why());
    case head_scanner::verdict::complete:
      break;
  }
  if (before == 0)
    bytes_.assign(input.substr(0, scanner_.end()));
  else
    bytes_.resize(scanner_.end());
  input.remove_prefix(scanner_.end() - before);
  auto head = std::string_view{bytes_}.substr(scanner_.begin());
  if (auto why = parse_head(head, limits_, request_.head))
    return refuse(*why);
  return begin_body();
}

request_reader::verdict request_reader::begin_body() {
  auto& head = request_.head;
  auto bytes = head.content_length.value_or(0);
  if (bytes > body_bytes_max_)
    return refuse({413, "the body is too large"});
  state_ = head.chunked ? state::chunked_body
           : bytes > 0  ? state::fixed_body
                        : state::done;
  expects_continue_ = head.expect_continue && state_ != state::done;
  request_.body.reserve(std::min(bytes, max_reserve_bytes));
  return verdict::complete;
}

request_reader::verdict request_reader::read_fixed(std::string_view& input) {
  auto missing = *request_.head.content_length - request_.body.size();
  auto count = std::min<std::uint64_t>(missing, input.size());
  request_.body.append(input.substr(0, count));
  input.remove_prefix(count);
  if (count > 0)
    expects_continue_ = false;
  if (count < missing)
    return verdict::more;
  state_ = state::done;
  return verdict::complete;
}

request_reader::verdict request_reader::read_chunked(std::string_view& input) {
  if (!input.empty())
    expects_continue_ = false;
  switch (chunks_.decode(input, request_.body)) {
    case chunk_decoder::verdict::more:
      return verdict::more;
    case chunk_decoder::verdict::refused:
      return refuse(chunks_.why());
    case chunk_decoder::verdict::complete:
      break;
  }
  state_ = state::done;
  return verdict::complete;
}

bool request_reader::take_expectation() noexcept {
  return std::exchange(expects_continue_, false);
}

void request_reader::reset() noexcept {
  state_ = state::head;
  expects_continue_ = false;
  bytes_.clear();
  if (bytes_.capacity() > max_kept_bytes)
    bytes_.shrink_to_fit();
  scanner_.reset();
  if (request_.head.chunked)
    chunks_ = chunk_decoder{body_bytes_max_, limits_};
  request_.head.clear();
  request_.body.clear();
  if (request_.body.capacity() > max_kept_bytes)
    request_.body.shrink_to_fit();
}

} // namespace serval
