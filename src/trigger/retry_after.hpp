#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "model/outcome.hpp"

namespace serval {

/// How long a client that was shed should wait if the queue takes `wait` to
/// empty: at least 1 s, and up to twice as long at random, so that those who
/// were shed together do not come back together.
retry_seconds retry_after(duration wait, random_source& random) noexcept;

} // namespace serval
