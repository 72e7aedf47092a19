#include "backend/shared_plugin.hpp"

#include "backend/plugin_image.hpp"
#include "worker/executor.hpp"

namespace serval {

shared_plugin::shared_plugin(std::string path, std::string sha256,
                             std::function<void(const error&)> on_leaked)
  : path_(std::move(path)),
    sha256_(std::move(sha256)),
    on_leaked_(std::move(on_leaked)) {
  // nop
}

result<std::shared_ptr<plugin_library>> shared_plugin::get() {
  std::lock_guard guard{mutex_};
  if (auto loaded = loaded_.lock())
    return loaded;
  auto image = plugin_image::load(path_, sha256_);
  if (!image)
    return image.error();
  auto opened = plugin_library::open_fd(image->fd(), path_,
                                        executor::host_table());
  if (!opened)
    return opened.error();
  std::shared_ptr<plugin_library> loaded{
    new plugin_library{std::move(opened).value()},
    [on_leaked = on_leaked_](plugin_library* last) {
      if (auto gone = last->unload(); !gone)
        on_leaked(gone.error());
      delete last;
    }};
  loaded_ = loaded;
  return loaded;
}

} // namespace serval
