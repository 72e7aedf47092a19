#pragma once

#include "base/unique_fd.hpp"

#include <string_view>

namespace serval {

/// A file without a name that lives in memory. It is filled once and then
/// sealed: nobody can change it any more, whoever has it open. What fails sets
/// errno. Any one thread at a time.
class sealed_memory {
public:
  /// `name` is what /proc shows; see `fd` for success.
  explicit sealed_memory(const char* name);

  bool append(std::string_view bytes);

  /// Ends the filling.
  bool seal();

  unique_fd fd;
};

} // namespace serval
