#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace serval {

/// The program of worker processes, in sealed memory: linked on its own from
/// what a worker process needs, and carried inside this binary. The daemon's
/// program would do as well, but it loads libraries that a worker never calls,
/// which is three quarters of the time of a start. Any thread.
result<unique_fd> worker_program();

} // namespace serval
