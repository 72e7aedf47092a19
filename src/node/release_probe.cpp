#include "node/release_probe.hpp"

#include "backend/backend_confinement.hpp"

#include <algorithm>

namespace serval {

namespace {

/// How long a plugin may take to load and construct all its backends, unless
/// they say that they need longer.
constexpr duration probe_patience = std::chrono::seconds{10};

} // namespace

probe_order probe_of(const app_spec& spec, std::string plugin_path,
                     duration start_timeout) {
  probe_order order;
  order.process.label = spec.name + "/probe";
  order.process.plugin_name = spec.plugin;
  order.process.plugin_path = std::move(plugin_path);
  order.process.plugin_sha256 = spec.plugin_sha256;
  // They are constructed one after the other.
  duration named{};
  order.process.confinement = probe_confinement(spec);
  for (auto& backend : spec.backends) {
    named += backend.start_timeout;
    body_order body;
    body.backend = backend.name;
    body.settings = effective_config(spec, backend);
    order.backends.push_back(std::move(body));
  }
  order.process.start_timeout
    = std::max(std::min(probe_patience, start_timeout), named);
  return order;
}

std::vector<std::string> warnings_of(const app_spec& spec,
                                     const plugin_description& plugin) {
  for (auto& backend : spec.backends)
    if (backend.isolation == isolation::in_line)
      return plugin.unload_warnings;
  return {};
}

} // namespace serval
