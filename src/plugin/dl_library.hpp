#pragma once

#include "base/result.hpp"

#include <string>

namespace serval {

/// A shared object in this process, loaded with all symbols resolved and none
/// of them visible to others. Thread-safe as far as dlopen is; opening runs the
/// object's static constructors and may block.
class dl_library {
public:
  /// Loads the file at `path`.
  static result<dl_library> open(const std::string& path);

  /// Loads the file behind `fd`, for example a sealed memfd. `fd` may be closed
  /// afterwards. `label` stands for it in messages.
  static result<dl_library> open_fd(int fd, std::string label);

  dl_library(dl_library&& other) noexcept;
  dl_library& operator=(dl_library&& other) noexcept;

  /// Closes the library without looking whether it went away.
  ~dl_library();

  /// The address of an exported symbol, or null if there is none.
  void* symbol(const char* name) const noexcept;

  /// Closes the library and proves that it is gone: the dynamic linker no
  /// longer knows it and no part of the file is mapped. Otherwise the error
  /// says so; the memory is then lost until the process ends.
  /// REQUIRES: nothing of the library is in use, and no other dl_library of
  /// this process has loaded the same file.
  result<void> unload();

  const std::string& label() const noexcept {
    return label_;
  }

private:
  dl_library() = default;

  /// Whether the dynamic linker or the process's maps still name the file.
  bool is_loaded() const;
  void close_file() noexcept;
  void swap(dl_library& other) noexcept;

  void* handle_ = nullptr;
  /// Keeps the number in `path_` taken while the linker knows the file by it:
  /// another file under the same number would be mistaken for this one.
  int fd_ = -1;
  std::string path_;
  std::string label_;
};

} // namespace serval
