#include "load/http_reply_reader.hpp"

#include <algorithm>
#include <charconv>

namespace serval {

namespace {

constexpr std::size_t head_bytes_max = 64 * 1024;
constexpr std::size_t worker_bytes_max = 64;

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(
    a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

} // namespace

void http_reply_reader::begin(bool has_body) noexcept {
  state_ = state::head;
  has_body_ = has_body;
  began_ = chunked_ = has_length_ = false;
  keeps_alive_ = true;
  status_ = 0;
  left_ = body_bytes_ = 0;
  line_bytes_ = 0;
  head_.clear();
  worker_.clear();
}

http_reply_reader::progress
http_reply_reader::feed(std::string_view& bytes) {
  began_ = began_ || !bytes.empty();
  while (!bytes.empty() && state_ != state::complete
         && state_ != state::broken) {
    switch (state_) {
      case state::head:
        if (!read_head(bytes))
          state_ = state::broken;
        break;
      case state::chunk_size:
      case state::chunk_extension:
      case state::chunk_end:
        read_chunk_size(bytes);
        break;
      case state::trailer:
        read_trailer(bytes);
        break;
      default:
        skip_body(bytes);
    }
  }
  if (state_ == state::broken)
    return progress::malformed;
  return state_ == state::complete ? progress::done : progress::more;
}

http_reply_reader::progress http_reply_reader::on_close() const noexcept {
  return state_ == state::endless_body ? progress::done : progress::malformed;
}

bool http_reply_reader::read_head(std::string_view& bytes) {
  constexpr std::string_view ending = "\r\n\r\n";
  if (head_.empty()) {
    // Nearly always, all of it is there.
    if (auto end = bytes.find(ending); end != std::string_view::npos) {
      auto head = bytes.substr(0, end + 2);
      bytes.remove_prefix(end + ending.size());
      return parse_head(head);
    }
  }
  auto searched = std::max<std::size_t>(head_.size(), 3) - 3;
  auto before = head_.size();
  head_ += bytes;
  auto end = head_.find(ending, searched);
  if (end == std::string::npos) {
    bytes = {};
    return head_.size() <= head_bytes_max;
  }
  bytes.remove_prefix(end + ending.size() - before);
  head_.resize(end + 2);
  auto good = parse_head(head_);
  head_.clear();
  return good;
}

bool http_reply_reader::parse_head(std::string_view head) {
  // "HTTP/1.1 200 "
  if (head.size() < 14 || !head.starts_with("HTTP/1.") || head[8] != ' ')
    return false;
  auto [end, failed]
    = std::from_chars(head.data() + 9, head.data() + 12, status_);
  if (failed != std::errc{} || end != head.data() + 12 || status_ < 100)
    return false;
  keeps_alive_ = head[7] != '0';
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    auto length = head.find("\r\n");
    if (!parse_field(head.substr(0, length)))
      return false;
    head.remove_prefix(length + 2);
  }
  choose_body();
  return true;
}

bool http_reply_reader::parse_field(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return false;
  auto name = line.substr(0, colon);
  // The names that matter differ in length.
  if (name.size() == 14 && equal_ignoring_case(name, "content-length")) {
    auto value = trim(line.substr(colon + 1));
    auto [end, failed]
      = std::from_chars(value.data(), value.data() + value.size(), left_);
    has_length_ = true;
    return failed == std::errc{} && end == value.data() + value.size();
  }
  if (name.size() == 10 && equal_ignoring_case(name, "connection")) {
    auto value = trim(line.substr(colon + 1));
    if (equal_ignoring_case(value, "close"))
      keeps_alive_ = false;
    else if (equal_ignoring_case(value, "keep-alive"))
      keeps_alive_ = true;
  } else if (name.size() == 15
             && equal_ignoring_case(name, "x-serval-worker")) {
    // It goes into a log of its own, a line for each request.
    worker_ = trim(line.substr(colon + 1)).substr(0, worker_bytes_max);
    std::erase_if(worker_, [](char c) { return c == ',' || c < ' '; });
  } else if (name.size() == 17
             && equal_ignoring_case(name, "transfer-encoding")) {
    chunked_ = equal_ignoring_case(trim(line.substr(colon + 1)), "chunked");
    return chunked_;
  }
  return true;
}

void http_reply_reader::choose_body() {
  if (status_ < 200 && status_ != 101) {
    // An interim answer; the real one follows.
    auto has_body = has_body_;
    begin(has_body);
    began_ = true;
    return;
  }
  if (!has_body_ || status_ == 204 || status_ == 304) {
    state_ = state::complete;
  } else if (chunked_) {
    left_ = 0;
    state_ = state::chunk_size;
  } else if (has_length_) {
    state_ = left_ > 0 ? state::sized_body : state::complete;
  } else {
    keeps_alive_ = false;
    state_ = state::endless_body;
  }
}

void http_reply_reader::skip_body(std::string_view& bytes) {
  auto count = state_ == state::endless_body
                 ? bytes.size()
                 : static_cast<std::size_t>(
                   std::min<std::uint64_t>(left_, bytes.size()));
  echo_.feed(bytes.substr(0, count));
  bytes.remove_prefix(count);
  body_bytes_ += count;
  if (state_ == state::endless_body)
    return;
  left_ -= count;
  if (left_ == 0)
    state_ = state_ == state::chunk_data ? state::chunk_end : state::complete;
}

void http_reply_reader::read_chunk_size(std::string_view& bytes) {
  auto c = bytes.front();
  bytes.remove_prefix(1);
  if (state_ == state::chunk_end) {
    if (c == '\n')
      state_ = state::chunk_size;
    else if (c != '\r')
      state_ = state::broken;
    return;
  }
  if (c == '\n') {
    if (line_bytes_ == 0)
      state_ = state::broken;
    else
      state_ = left_ > 0 ? state::chunk_data : state::trailer;
    line_bytes_ = 0;
  } else if (state_ == state::chunk_size && c != '\r') {
    auto digit = hex_digit(c);
    if (digit < 0 && line_bytes_ > 0)
      state_ = state::chunk_extension;
    else if (digit < 0 || ++line_bytes_ > 15)
      state_ = state::broken;
    else
      left_ = left_ * 16 + static_cast<unsigned>(digit);
  }
}

void http_reply_reader::read_trailer(std::string_view& bytes) {
  auto c = bytes.front();
  bytes.remove_prefix(1);
  if (c == '\n') {
    if (line_bytes_ == 0)
      state_ = state::complete;
    line_bytes_ = 0;
  } else if (c != '\r') {
    ++line_bytes_;
  }
}

} // namespace serval
