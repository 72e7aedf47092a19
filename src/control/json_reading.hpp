#pragma once

#include "base/result.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace serval {

// What the readers of our own answers share. Reading throws within them only.

/// What `read` makes of the object in `text`, or an error: "the status is" not
/// understood, and why.
template <class F>
auto read_json(std::string_view what, std::string_view text, F read)
  -> result<decltype(read(boost::json::object{}))> {
  try {
    return read(boost::json::parse(text).as_object());
  } catch (const std::exception& e) {
    return error{errc::corrupt,
                 fmt::format("{} not understood: {}", what, e.what())};
  }
}

/// A member that must be there.
inline std::string text_at(const boost::json::object& from,
                           std::string_view key) {
  return boost::json::value_to<std::string>(from.at(key));
}

} // namespace serval
