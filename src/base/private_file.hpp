#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>

namespace serval {

/// Who besides its owner may read a file that is kept from others.
enum class private_to : std::uint8_t {
  owner,
  group, ///< The file's group too, which an operator has chosen.
  none,  ///< Everybody: the file is not private at all.
};

/// Reads a small file of at most 1 MiB, such as a key or a list of tokens.
/// Fails if others than `allowed` could read or change it, and says how to
/// close it. `what` names the file's purpose in messages: "the TLS key".
result<std::string> read_private_file(const std::string& path,
                                      private_to allowed,
                                      const std::string& what);

} // namespace serval
