#pragma once

#include "model/app_spec.hpp"
#include "sandbox/confinement.hpp"

namespace serval {

/// A process that takes more than its backend's `memory` is replaced in peace.
/// One that takes so many times of it, and what stacks may have, gets no more.
inline constexpr std::uint64_t memory_max_factor = 4;

/// A thread's stack is 8 MiB of private memory, of which little is resident.
inline constexpr std::uint64_t stacks_bytes = 256ull << 20;

/// What worker processes of a backend may do.
confinement confinement_of(const app_spec& app, const backend_spec& backend);

/// What the process may do that constructs all backends of an application one
/// after the other: as much as the freest of them.
confinement probe_confinement(const app_spec& app);

} // namespace serval
