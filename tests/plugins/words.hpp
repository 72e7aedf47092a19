#pragma once

#include "serval/serval.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

// Requests to test plugins are words.

/// Takes the first word off the front of `text`.
inline std::string_view take_word(std::string_view& text) {
  auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

/// The same for a number; rejects the request if it is none.
inline long take_number(std::string_view& text) {
  auto word = take_word(text);
  long number = 0;
  auto last = word.data() + word.size();
  auto [rest, problem] = std::from_chars(word.data(), last, number);
  if (problem != std::errc{} || rest != last)
    throw serval::reject(400,
                         "\"" + std::string{word} + "\" is no number");
  return number;
}
