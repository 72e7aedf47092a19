#pragma once

#include "app_master/worker_control.hpp"
#include "node/worker_host.hpp"
#include "wire/cluster_messages.hpp"

#include <string>
#include <vector>

namespace serval {

// What one daemon has in force, as orders to the one that takes its place. The
// form is that of orders which a node of a cluster keeps.

/// All that a daemon has which serves alone.
std::vector<cluster_message> orders_of(const worker_host::stock& stock);

/// Without the starts of workers that are not ready: whether those will be, and
/// when, is for their app_master to see to.
std::vector<cluster_message> only_ready(std::vector<cluster_message> orders,
                                        const worker_host::stock& stock);

/// Has `host` do it, where nobody else does. Error: `corrupt`.
result<void> obey_orders(worker_control& host,
                         std::vector<cluster_message> orders);

/// Whether the workers of `orders` are ready, and their tables on all loops.
bool are_done(const std::vector<cluster_message>& orders,
              const worker_host::stock& stock);

} // namespace serval
