#include "model/app_spec.hpp"

#include <algorithm>

namespace serval {

settings effective_config(const app_spec& app, const backend_spec& backend) {
  auto merged = backend.config;
  merged.insert(app.config.begin(), app.config.end());
  return merged;
}

const backend_spec* find_backend(const app_spec& app, std::string_view name) {
  auto found = std::ranges::find(app.backends, name, &backend_spec::name);
  return found == app.backends.end() ? nullptr : &*found;
}

} // namespace serval
