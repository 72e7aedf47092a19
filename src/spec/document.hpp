#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace serval {

struct doc_value;
using doc_array = std::vector<doc_value>;
using doc_table = std::map<std::string, doc_value, std::less<>>;

/// A value as it stands in a file, an API body or an override, before anything
/// is known about its meaning. TOML and JSON both become this.
struct doc_value {
  std::variant<bool, std::int64_t, double, std::string, doc_array, doc_table>
    data;
  /// Where it was written, for messages: "app.toml:3:5" or "--set a.b=c".
  std::string where;
  /// The characters of an override, which is a string wherever a string is
  /// wanted: `--set config.version=10`.
  std::optional<std::string> typed;
};

/// "a table", "an integer"…
std::string_view kind_of(const doc_value& value);

/// One thing wrong with a document.
struct problem {
  std::string where; ///< May be empty.
  std::string key;   ///< Dotted path, such as "backend.bank.workers".
  std::string message;

  friend bool operator==(const problem&, const problem&) = default;
};

using problem_list = std::vector<problem>;

/// All problems as one error, a line each. REQUIRES: !problems.empty()
error to_error(const problem_list& problems, std::string_view what);

/// Where the value at a dotted path was written; if there is none, where its
/// innermost parent was.
std::string where_of(const doc_value& root, std::string_view path);

/// The candidate most like `word`, or "" if none is near.
std::string_view nearest(std::string_view word,
                         const std::vector<std::string_view>& candidates);

} // namespace serval
