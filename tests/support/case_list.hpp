#pragma once

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// The bytes that a text stands for: `\r \n \t \\ \{`, `\xHH`, and
/// `\{COUNT*TEXT}`, which is COUNT times TEXT.
inline std::string unescape(std::string_view text) {
  auto take = [&](std::size_t count) {
    auto taken = text.substr(0, count);
    text.remove_prefix(taken.size());
    return taken;
  };
  auto number = [](std::string_view digits, int base) {
    int value = 0;
    auto end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, value, base).ptr != end)
      throw std::runtime_error{"no number: " + std::string{digits}};
    return value;
  };
  std::string bytes;
  while (!text.empty()) {
    auto c = take(1)[0];
    if (c != '\\') {
      bytes += c;
      continue;
    }
    switch (c = take(1).at(0)) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case 'x':
        bytes += static_cast<char>(number(take(2), 16));
        break;
      case '{': {
        auto inner = take(text.find('}'));
        take(1);
        auto star = inner.find('*');
        auto part = unescape(inner.substr(star + 1));
        for (auto i = number(inner.substr(0, star), 10); i > 0; --i)
          bytes += part;
        break;
      }
      default:
        bytes += c;
    }
  }
  return bytes;
}

/// A line of a case list: words, and the bytes that follow them.
struct listed_case {
  std::vector<std::string> words;
  std::string bytes;
};

/// Reads a list of inputs: a case per line, `words` words before its bytes.
/// Lines that begin with "# " and empty ones do not count.
inline std::vector<listed_case> read_case_list(const std::string& path,
                                               int words) {
  std::ifstream file{path};
  std::vector<listed_case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with("# "))
      continue;
    std::string_view rest = line;
    listed_case found;
    for (int i = 0; i < words; ++i) {
      auto end = rest.find(' ');
      found.words.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end, rest.size() - 1) + 1);
    }
    found.bytes = unescape(rest);
    cases.push_back(std::move(found));
  }
  if (cases.empty())
    throw std::runtime_error{"no cases in " + path};
  return cases;
}

} // namespace serval
