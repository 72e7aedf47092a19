#pragma once

#include "base/result.hpp"

#include <string>

namespace serval {

/// Finds the file that a spec names as its plugin. An absolute path is taken as
/// it is; a relative one is looked up beside the spec, then in `examples/`
/// beside the binary, where the build leaves the examples' plugins.
result<std::string> find_plugin(const std::string& plugin,
                                const std::string& spec_path,
                                const std::string& binary_path);

/// Reads a regular file as a whole.
result<std::string> read_whole_file(const std::string& path);

/// The path of the running binary.
std::string own_binary();

} // namespace serval
