#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Takes the values of certain names out of lines for the log, however they
/// are written: `name=value` as in queries, `name: value` as in header fields,
/// `"name":"value"` as in JSON. User code may log what it was sent.
class redaction {
public:
  /// `names` in any case.
  explicit redaction(std::vector<std::string> names);

  std::string apply(std::string_view text) const;

private:
  std::size_t name_at(std::string_view text) const noexcept;

  std::vector<std::string> names_;
};

} // namespace serval
