#include "spec/toml_prescan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace serval {

namespace {

constexpr std::size_t text_size_max = 64 * 1024;
constexpr int dots_per_key_max = 16;
constexpr std::size_t brackets_max = 64;

/// The position behind the string that begins at `at`; nothing if it does not
/// end, or not on its line where it has to.
std::optional<std::size_t> skip_string(std::string_view text, std::size_t at) {
  auto quote = text[at];
  auto is_multi_line = text.substr(at, 3) == std::string(3, quote);
  auto delimiter = text.substr(at, is_multi_line ? 3 : 1);
  at += delimiter.size();
  while (at < text.size()) {
    if (text[at] == '\\' && quote == '"') {
      at += 2;
    } else if (text.substr(at, delimiter.size()) == delimiter) {
      at += delimiter.size();
      // Up to two more quotes belong to the end of a multi-line string.
      for (int i = 0; is_multi_line && i < 2 && at < text.size(); ++i)
        at += text[at] == quote ? 1 : 0;
      return at;
    } else if (text[at] == '\n' && !is_multi_line) {
      return std::nullopt;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) > 0x7f;
}

/// Whether a backslash, with blanks or line ends behind it, stands before a
/// character beyond ASCII somewhere in a basic string.
bool has_odd_escape(std::string_view string) {
  for (auto at = string.find('\\'); at != std::string_view::npos;
       at = string.find('\\', at)) {
    auto next = string.find_first_not_of(" \t\r\n", at + 1);
    if (next == std::string_view::npos)
      return false;
    if (is_beyond_ascii(string[next]))
      return true;
    // What was escaped may be a backslash.
    at = next == at + 1 ? at + 2 : next;
  }
  return false;
}

bool is_one_of(char c, std::string_view these) {
  return these.find(c) != std::string_view::npos;
}

/// Where in keys, values and brackets a text is, as far as that takes no more
/// than a look at each character outside of strings and comments.
class toml_place {
public:
  /// Whether what comes is part of a value.
  bool in_value() const {
    return behind_equals_ || (!open_.empty() && open_.back() == array);
  }

  std::size_t brackets() const noexcept {
    return open_.size();
  }

  void pass(char c) {
    if (c == '[')
      open_ += may_be_header() ? header : array;
    else if (c == '{')
      open_ += table;
    else if (is_one_of(c, "]}") && !open_.empty())
      open_.pop_back();
    bool key_follows = c == '{' || (c == '\n' && open_.empty())
                       || (c == ',' && !open_.empty() && open_.back() == table);
    if (key_follows)
      behind_equals_ = false;
    else if (is_one_of(c, "=]}"))
      behind_equals_ = true;
  }

private:
  /// One bracket of a header, or the second.
  bool may_be_header() const {
    return open_.empty() ? !behind_equals_ : open_.back() == header;
  }

  static constexpr char header = 'h';
  static constexpr char array = '[';
  static constexpr char table = '{';

  std::string open_;
  bool behind_equals_ = false;
};

/// Whether `c` may stand behind `before`. toml++ looks for the end of a value
/// in all that follows without a blank, also in strings, where characters may
/// be that it has no defined behaviour for.
bool may_follow(char c, char before, const toml_place& place) {
  if (c == '=')
    return !place.in_value();
  if (before == '.')
    return is_one_of(c, "\"'") && !place.in_value();
  return is_one_of(before, " \t\n=,[{");
}

} // namespace

result<void> prescan_toml(std::string_view text, std::string_view name) {
  if (text.size() > text_size_max)
    return error{errc::bad_request,
                 fmt::format("{} is larger than 64 KiB", name)};
  int dots = 0;
  toml_place place;
  const std::size_t begin = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  auto at = begin;
  auto refuse = [&](std::string_view why) {
    auto line = 1 + std::count(text.begin(), text.begin() + at, '\n');
    return error{errc::bad_request, fmt::format("{}:{}: {}", name, line, why)};
  };
  while (at < text.size()) {
    auto c = text[at];
    if (at > begin && is_one_of(c, "\"'[{=")
        && !may_follow(c, text[at - 1], place))
      return refuse(fmt::format("{} stands in the middle of something else",
                                is_one_of(c, "\"'") ? "a string"
                                                    : fmt::format("'{}'", c)));
    if (c == '"' || c == '\'') {
      auto end = skip_string(text, at);
      if (!end)
        return refuse("a string does not end");
      // toml++ asks of these whether they are blanks, and has no defined
      // behaviour for some.
      if (c == '"' && has_odd_escape(text.substr(at, *end - at)))
        return refuse("a character beyond ASCII stands behind a backslash of a "
                      "string, or begins the line behind one; write it as "
                      "\\uXXXX");
      at = *end;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    // TOML has them nowhere else, and toml++ 3.3 has no defined behaviour for
    // some of them in a key.
    if (is_beyond_ascii(c))
      return refuse("characters beyond ASCII stand only in strings and "
                    "comments");
    place.pass(c);
    dots = c == '.' ? dots + 1 : dots;
    if (is_one_of(c, "\n=,[]{}"))
      dots = 0;
    if (dots > dots_per_key_max)
      return refuse("a key has more than 16 dots");
    if (place.brackets() > brackets_max)
      return refuse("more than 64 brackets are open");
    ++at;
  }
  return {};
}

} // namespace serval
