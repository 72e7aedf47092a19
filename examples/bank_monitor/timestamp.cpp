#include "timestamp.hpp"

#include <chrono>

namespace bank_monitor {

namespace {

/// Whether `text` has the form of `pattern`, in which 0 stands for a digit.
bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size())
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto is_digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '0' ? !is_digit : text[i] != pattern[i])
      return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (auto digit : digits)
    value = value * 10 + (digit - '0');
  return value;
}

} // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  if (!matches(text, "0000-00-00 00:00:00")
      && !matches(text, "0000-00-00T00:00:00Z"))
    return std::nullopt;
  auto part = [&](int at, int size) { return number(text.substr(at, size)); };
  auto date = year{part(0, 4)} / part(5, 2) / part(8, 2);
  auto hour = part(11, 2);
  auto minute = part(14, 2);
  auto second = part(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  auto time = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
  return time.time_since_epoch().count();
}

} // namespace bank_monitor
