#pragma once

#include "base/strong_id.hpp"

namespace serval {

/// A worker's slot; unique in a cluster for as long as the slot exists,
/// whatever process or code runs behind it.
using worker_id = strong_id<struct worker_id_tag>;

/// A call to a worker; unique within the process that made it.
using call_id = strong_id<struct call_id_tag>;

/// A map; unique within the dispatcher that runs it.
using map_id = strong_id<struct map_id_tag>;

/// The number of a release of one application: 1, 2, 3…
using release_number = strong_id<struct release_number_tag>;

/// The number of a change in one application's journal: 1, 2, 3…
using sequence = strong_id<struct sequence_tag>;

/// The number of a leader's term: 1, 2, 3…
using epoch = strong_id<struct epoch_tag>;

} // namespace serval
