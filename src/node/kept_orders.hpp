#pragma once

#include "base/result.hpp"
#include "wire/cluster_messages.hpp"

#include <string>
#include <vector>

namespace serval {

// The orders that a node of a cluster has in force, as a file that it starts
// from while nobody can give them again.

/// Puts them into `path`, whole or not at all.
result<void> write_kept_orders(const std::string& path,
                               const std::vector<cluster_message>& orders);

/// None if there is no such file. Error `corrupt` if it is not as it was
/// written; the leader will give the orders again.
result<std::vector<cluster_message>> read_kept_orders(const std::string& path);

} // namespace serval
