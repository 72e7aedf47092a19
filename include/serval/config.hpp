#pragma once

// A backend's configuration: `[config]` of app.toml overlaid by
// `[backend.NAME.config]` and by `--set`.

#include "serval/error.hpp"
#include "serval/plugin.h"

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace serval {

/// The keys and values that the operator gave to a backend. A value type; the
/// copy that a backend keeps stays valid for as long as it likes. Reading it is
/// safe from any thread as long as none writes to it.
///
///     auto folder = config.get<std::string>("data_dir");
///     auto limit = config.get("limit", 100);
///     auto patience = config.get("patience", std::chrono::milliseconds{50});
class config {
public:
  /// One value, for building a config by hand in a test.
  using value = std::variant<std::string, std::int64_t, double, bool>;

  config() = default;

  config(std::initializer_list<std::pair<const std::string, value>> entries) {
    for (const auto& [key, what] : entries)
      std::visit([&](const auto& x) { set(key, x); }, what);
  }

  /// Copies what the host handed over.
  explicit config(const serval_settings& settings) {
    for (std::uint32_t i = 0; i < settings.count; ++i) {
      const auto& item = settings.items[i];
      entries_.insert_or_assign(text_of(item.key),
                                entry{text_of(item.value), item.type});
    }
  }

  bool contains(std::string_view key) const {
    return entries_.find(key) != entries_.end();
  }

  /// The value of `key`. T is std::string, bool, an integer or floating point
  /// type, or a std::chrono::duration ("200ms"; units ns, us, ms, s, m, h).
  /// A string can be had from every value, arrays and tables come as JSON text.
  /// Throws config_error if the key is missing, of another kind, or too large.
  template <class T>
  T get(std::string_view key) const {
    auto found = entries_.find(key);
    if (found == entries_.end())
      throw config_error("config key \"" + std::string{key} + "\" is missing");
    return convert<T>(key, found->second);
  }

  /// The value of `key`, or `fallback` if there is no such key. A value of the
  /// wrong kind still throws config_error.
  template <class T>
  T get(std::string_view key, T fallback) const {
    return contains(key) ? get<T>(key) : fallback;
  }

  std::string get(std::string_view key, const char* fallback) const {
    return get(key, std::string{fallback});
  }

  // Setters are for tests; they never reach the operator's configuration.
  void set(std::string key, std::string_view text) {
    entries_[std::move(key)] = {std::string{text}, SERVAL_SETTING_TEXT};
  }

  void set(std::string key, const char* text) {
    set(std::move(key), std::string_view{text});
  }

  void set(std::string key, bool flag) {
    entries_[std::move(key)] = {flag ? "true" : "false", SERVAL_SETTING_FLAG};
  }

  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void set(std::string key, T number) {
    entries_[std::move(key)] = {std::to_string(number),
                                SERVAL_SETTING_INTEGER};
  }

  void set(std::string key, double number) {
    char buffer[64];
    auto end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr;
    entries_[std::move(key)] = {std::string(buffer, end),
                                SERVAL_SETTING_NUMBER};
  }

private:
  struct entry {
    std::string text;
    std::uint32_t type = SERVAL_SETTING_TEXT;
  };

  template <class T>
  struct is_duration : std::false_type {};

  template <class Rep, class Period>
  struct is_duration<std::chrono::duration<Rep, Period>> : std::true_type {};

  static std::string text_of(serval_bytes bytes) {
    return bytes.size == 0 ? std::string{}
                           : std::string(bytes.data, bytes.size);
  }

  [[noreturn]] static void fail(std::string_view key, const entry& found,
                                const std::string& expected) {
    auto quote = found.type == SERVAL_SETTING_TEXT ? "\"" : "";
    throw config_error("config key \"" + std::string{key} + "\" must be "
                       + expected + ", but is " + quote + found.text + quote);
  }

  template <class T>
  static T convert(std::string_view key, const entry& found) {
    if constexpr (std::same_as<T, std::string>)
      return found.text;
    else if constexpr (std::same_as<T, bool>)
      return to_flag(key, found);
    else if constexpr (is_duration<T>::value)
      return to_duration<T>(key, found);
    else if constexpr (std::integral<T>)
      return to_integer<T>(key, found);
    else {
      static_assert(std::floating_point<T>,
                    "config::get knows strings, bool, numbers and durations");
      return to_number<T>(key, found);
    }
  }

  static bool to_flag(std::string_view key, const entry& found) {
    if (found.type != SERVAL_SETTING_FLAG)
      fail(key, found, "true or false");
    return found.text == "true";
  }

  template <class T>
  static T to_integer(std::string_view key, const entry& found) {
    T number{};
    if (found.type != SERVAL_SETTING_INTEGER || !parse_all(found.text, number))
      fail(key, found,
           "a whole number from "
             + std::to_string(std::numeric_limits<T>::min()) + " to "
             + std::to_string(std::numeric_limits<T>::max()));
    return number;
  }

  template <class T>
  static T to_number(std::string_view key, const entry& found) {
    T number{};
    auto numeric = found.type == SERVAL_SETTING_NUMBER
                   || found.type == SERVAL_SETTING_INTEGER;
    if (!numeric || !parse_all(found.text, number))
      fail(key, found, "a number");
    return number;
  }

  template <class T>
  static T to_duration(std::string_view key, const entry& found) {
    auto expected = "a duration such as \"200ms\" (ns, us, ms, s, m or h)";
    auto last = found.text.data() + found.text.size();
    std::int64_t count = 0;
    auto [rest, problem] = std::from_chars(found.text.data(), last, count);
    auto scale = unit_ns({rest, static_cast<std::size_t>(last - rest)});
    if (found.type != SERVAL_SETTING_TEXT || problem != std::errc{}
        || scale == 0
        || count > std::numeric_limits<std::int64_t>::max() / scale
        || count < std::numeric_limits<std::int64_t>::min() / scale)
      fail(key, found, expected);
    auto exact = std::chrono::nanoseconds{count * scale};
    return std::chrono::duration_cast<T>(exact);
  }

  static std::int64_t unit_ns(std::string_view unit) {
    constexpr std::pair<std::string_view, std::int64_t> units[]
      = {{"ns", 1},
         {"us", 1'000},
         {"ms", 1'000'000},
         {"s", 1'000'000'000},
         {"m", 60'000'000'000},
         {"h", 3'600'000'000'000}};
    for (const auto& [name, scale] : units)
      if (name == unit)
        return scale;
    return 0;
  }

  template <class T>
  static bool parse_all(const std::string& text, T& number) {
    auto last = text.data() + text.size();
    auto [rest, problem] = std::from_chars(text.data(), last, number);
    return problem == std::errc{} && rest == last;
  }

  std::map<std::string, entry, std::less<>> entries_;
};

} // namespace serval
