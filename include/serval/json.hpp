#pragma once

// Typed bodies through Boost.JSON, for plugins that include this header.
//
// A type takes part by Boost.JSON's own means: `tag_invoke` overloads of
// `value_to` and `value_from`, or BOOST_DESCRIBE. Serval itself never looks
// into a body. One source of the plugin must also include
// <boost/json/src.hpp>, or the plugin must link boost_json.

#include "serval/backend.hpp"

#include <boost/json.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace serval {

/// Reads a T from JSON text. Throws `reject` with status 400 and a message that
/// says where the text is no JSON, or why it is no T.
template <class T>
T from_json(std::string_view text) {
  boost::json::error_code problem;
  boost::json::parser parser;
  auto used = parser.write_some(text.data(), text.size(), problem);
  if (problem || used != text.size())
    throw reject(400, "the body is not valid JSON near byte "
                        + std::to_string(used)
                        + (problem ? ": " + problem.message() : ""));
  auto value = parser.release();
  try {
    return boost::json::value_to<T>(value);
  } catch (const reject&) {
    throw;
  } catch (const std::exception& failure) {
    throw reject(400, std::string{"the body has an unexpected form: "}
                        + failure.what());
  }
}

/// Writes `value` as JSON text. Doubles keep all their digits.
template <class T>
std::string to_json(const T& value) {
  return boost::json::serialize(boost::json::value_from(value));
}

/// A backend whose bodies are JSON: derive and override `answer` in place of
/// `handle`. A malformed request is rejected with 400 before it gets there.
template <class Request, class Response>
class json_backend : public backend {
public:
  /// As `backend::handle`, with the bodies decoded.
  virtual Response answer(context& ctx, const Request& request) = 0;

  std::string handle(context& ctx, std::string_view request) final {
    return to_json(answer(ctx, from_json<Request>(request)));
  }
};

} // namespace serval
