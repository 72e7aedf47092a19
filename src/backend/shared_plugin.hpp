#pragma once

#include "base/result.hpp"
#include "plugin/plugin_library.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace serval {

/// The plugin of one release in this process, loaded when its first inline
/// worker is made and unloaded when the last is gone. Thread-safe; `get`
/// blocks, and so may the release of the last reference.
class shared_plugin {
public:
  /// `on_leaked` hears why the library could not be unloaded; any thread.
  shared_plugin(std::string path, std::string sha256,
                std::function<void(const error&)> on_leaked);

  result<std::shared_ptr<plugin_library>> get();

private:
  std::string path_;
  std::string sha256_;
  std::function<void(const error&)> on_leaked_;
  std::mutex mutex_;
  std::weak_ptr<plugin_library> loaded_;
};

} // namespace serval
