#pragma once

#include "app_master/worker_control.hpp"

namespace serval {

struct turn;

/// Takes what a node tells: about a worker as an event in its life, about the
/// table, a release or its plugin as a fact. A worker that should not exist is
/// stopped.
void take_report(turn& now, const node_report& report);

} // namespace serval
