#include "model/app_spec.hpp"

#include <algorithm>

namespace serval {

settings effective_config(const app_spec& app, const backend_spec& backend) {
  auto merged = backend.config;
  merged.insert(app.config.begin(), app.config.end());
  return merged;
}

std::vector<std::string> readable_paths(const app_spec& app,
                                        const backend_spec& backend) {
  auto config = effective_config(app, backend);
  auto paths = backend.read;
  for (auto& each : paths) {
    if (!each.starts_with("${") || !each.ends_with('}'))
      continue;
    auto found = config.find(each.substr(2, each.size() - 3));
    if (found == config.end())
      continue;
    if (auto* path = std::get_if<std::string>(&found->second))
      each = *path;
  }
  return paths;
}

const backend_spec* find_backend(const app_spec& app, std::string_view name) {
  auto found = std::ranges::find(app.backends, name, &backend_spec::name);
  return found == app.backends.end() ? nullptr : &*found;
}

} // namespace serval
