#include "cli/http_response_parser.hpp"

#include <algorithm>
#include <charconv>

namespace serval {

namespace {

constexpr std::size_t head_bytes_max = 64 * 1024;
constexpr std::uint64_t body_bytes_max = std::uint64_t{4} << 30;

error malformed(std::string what) {
  return {errc::corrupt, "the answer is no HTTP: " + std::move(what)};
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  auto [end, code]
    = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size()
         && !text.empty();
}

/// Reads "HTTP/1.1 200 OK".
bool parse_status_line(std::string_view line, int& status) {
  return line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' '
         && parse_number(line.substr(9, 3), status) && status >= 100;
}

} // namespace

std::string_view http_answer::field(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields)
    if (key == name)
      return value;
  return {};
}

result<bool> http_response_parser::feed(std::string_view bytes) {
  buffer_.append(bytes);
  while (!has_head_) {
    auto end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos)
      return buffer_.size() <= head_bytes_max
               ? result<bool>{false}
               : malformed("its head does not end");
    answer_ = {};
    if (auto parsed = parse_head({buffer_.data(), end + 2}); !parsed)
      return parsed.error();
    buffer_.erase(0, end + 4);
    // 100 Continue and the like announce another head.
    has_head_ = answer_.status >= 200;
  }
  if (buffer_.size() < length_)
    return false;
  answer_.body = std::move(buffer_);
  answer_.body.resize(length_);
  return true;
}

result<void> http_response_parser::parse_head(std::string_view head) {
  auto take_line = [&] {
    auto end = head.find("\r\n");
    auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    return line;
  };
  if (!parse_status_line(take_line(), answer_.status))
    return malformed("its first line is no status line");
  while (!head.empty()) {
    auto line = take_line();
    auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return malformed("a header field has no colon");
    std::string name{line.substr(0, colon)};
    std::ranges::transform(name, name.begin(), lower);
    answer_.fields.emplace_back(std::move(name),
                                std::string{trim(line.substr(colon + 1))});
  }
  auto length = answer_.field("content-length");
  auto bodiless = !has_body_ || answer_.status < 200 || answer_.status == 204;
  if (bodiless)
    length_ = 0;
  else if (!parse_number(length, length_) || length_ > body_bytes_max)
    return malformed("it does not say how long its body is");
  return {};
}

} // namespace serval
