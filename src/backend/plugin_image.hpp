#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <string>

namespace serval {

/// A plugin's bytes in sealed memory: nobody can change them between the check
/// of their hash and their use, and processes that share the image share its
/// pages. Any thread.
class plugin_image {
public:
  /// Copies the file at `path` and checks that the copy's SHA-256 is `sha256`
  /// (64 lower-case hex digits). Blocks for the file's size.
  static result<plugin_image> load(const std::string& path,
                                   const std::string& sha256);

  /// To be inherited by a process, which reads it as a file.
  int fd() const noexcept {
    return fd_.get();
  }

private:
  explicit plugin_image(unique_fd fd) : fd_(std::move(fd)) {
    // nop
  }

  unique_fd fd_;
};

} // namespace serval
