#pragma once

#include "backend/plugin_probe.hpp"
#include "model/app_spec.hpp"

#include <string>
#include <vector>

namespace serval {

/// What is tried out of a release: each of its backends, as it would start.
/// `start_timeout` is the node's.
probe_order probe_of(const app_spec& spec, std::string plugin_path,
                     duration start_timeout);

/// What a probe's description means for the operator of `spec`.
std::vector<std::string> warnings_of(const app_spec& spec,
                                     const plugin_description& plugin);

} // namespace serval
