#pragma once

#include "model/app_spec.hpp"
#include "sandbox/confinement.hpp"

namespace serval {

/// What worker processes of a backend may do.
confinement confinement_of(const app_spec& app, const backend_spec& backend);

/// What the process may do that constructs all backends of an application one
/// after the other: as much as the freest of them.
confinement probe_confinement(const app_spec& app);

} // namespace serval
