#include "plugin/handshake.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace serval {

namespace {

constexpr auto plugin_size_min
  = offsetof(serval_plugin, backends) + sizeof(serval_plugin::backends);

constexpr auto backend_size_min
  = offsetof(serval_backend_type, health) + sizeof(serval_backend_type::health);

error bad(std::string message) {
  return {errc::bad_plugin, std::move(message)};
}

result<void> check_tables(const serval_plugin& plugin) {
  if (plugin.size < offsetof(serval_plugin, sdk_version))
    return bad("the plugin's table is too short to hold an ABI version; "
               "rebuild the plugin against this Serval's include folder");
  if (plugin.abi_version != SERVAL_ABI_VERSION)
    return bad("the plugin was built for ABI version "
               + std::to_string(plugin.abi_version) + ", this Serval speaks "
               + std::to_string(SERVAL_ABI_VERSION)
               + "; rebuild the plugin against this Serval's include folder");
  if (plugin.size < plugin_size_min)
    return bad("the plugin's table has " + std::to_string(plugin.size)
               + " bytes, but needs " + std::to_string(plugin_size_min));
  if (plugin.backend_count == 0 || !plugin.backends)
    return bad("the plugin offers no backend; name at least one in "
               "SERVAL_EXPORT");
  return {};
}

const char* missing_function(const serval_backend_type& backend) {
  if (!backend.create)
    return "create";
  if (!backend.destroy)
    return "destroy";
  if (!backend.handle)
    return "handle";
  if (!backend.reconfigure)
    return "reconfigure";
  if (!backend.warm_up)
    return "warm_up";
  if (!backend.health)
    return "health";
  return nullptr;
}

result<void> check_backend(const serval_backend_type* backend,
                           std::uint32_t index) {
  auto number = "the plugin's backend " + std::to_string(index + 1);
  if (!backend)
    return bad(number + " is null");
  if (backend->size < backend_size_min)
    return bad(number + " has a table of " + std::to_string(backend->size)
               + " bytes, but needs " + std::to_string(backend_size_min));
  if (!backend->name || !*backend->name)
    return bad(number + " has no name");
  if (auto function = missing_function(*backend))
    return bad("the plugin's backend \"" + std::string{backend->name}
               + "\" lacks the function " + function);
  return {};
}

} // namespace

result<void> check_handshake(const serval_plugin* plugin) {
  if (!plugin)
    return bad("the plugin refused to work with this host; rebuild it against "
               "this Serval's include folder");
  if (auto tables = check_tables(*plugin); !tables)
    return tables;
  std::set<std::string_view> names;
  for (std::uint32_t i = 0; i < plugin->backend_count; ++i) {
    auto backend = plugin->backends[i];
    if (auto complete = check_backend(backend, i); !complete)
      return complete;
    if (!names.insert(backend->name).second)
      return bad("the plugin offers two backends named \""
                 + std::string{backend->name} + "\"; names must differ");
  }
  return {};
}

} // namespace serval
