#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace serval {

/// As many worker processes as one backend gets on one node by default.
inline constexpr std::uint32_t processes_default_max = 64;

/// How many processes `workers` workers of a backend run in.
/// `workers_per_process` is the operator's wish; 0 means one process per worker
/// up to `processes_max`. Two workers are never all in one process, so that one
/// crash does not take a backend away.
std::uint32_t
process_count(std::uint32_t workers, std::uint32_t workers_per_process,
              std::uint32_t processes_max = processes_default_max);

/// Where one more worker goes: the index of one of the processes, whose numbers
/// of workers are `loads`, or nothing if it gets a new process. `wanted` is the
/// number that `process_count` gave for all workers.
std::optional<std::size_t> place_worker(std::span<const std::uint32_t> loads,
                                        std::uint32_t wanted);

} // namespace serval
