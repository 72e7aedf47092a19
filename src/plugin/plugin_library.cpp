#include "plugin/plugin_library.hpp"

#include "plugin/handshake.hpp"

namespace serval {

result<plugin_library> plugin_library::open(const std::string& path,
                                            const serval_host& host) {
  auto library = dl_library::open(path);
  if (!library)
    return library.error();
  return greet(std::move(*library), host);
}

result<plugin_library> plugin_library::open_fd(int fd, std::string label,
                                               const serval_host& host) {
  auto library = dl_library::open_fd(fd, std::move(label));
  if (!library)
    return library.error();
  return greet(std::move(*library), host);
}

result<plugin_library> plugin_library::greet(dl_library library,
                                             const serval_host& host) {
  auto prefix = "cannot use plugin " + library.label() + ": ";
  auto symbol = library.symbol(SERVAL_PLUGIN_ENTRY_NAME);
  if (!symbol)
    return error{errc::bad_plugin,
                 prefix + "it does not export " SERVAL_PLUGIN_ENTRY_NAME
                          "; add SERVAL_EXPORT(…) to one of its sources"};
  auto entry = reinterpret_cast<serval_plugin_entry_function>(symbol);
  auto plugin = entry(&host);
  if (auto checked = check_handshake(plugin); !checked)
    return error{checked.error().code, prefix + checked.error().message};
  return plugin_library{std::move(library), plugin};
}

const serval_backend_type*
plugin_library::find_backend(std::string_view name) const noexcept {
  for (auto each : backends())
    if (name == each->name)
      return each;
  return nullptr;
}

} // namespace serval
