#pragma once

#include "base/result.hpp"
#include "wire/cluster_messages.hpp"

#include <map>
#include <memory>

namespace serval {

/// Which release a node takes each number for.
using named_releases
  = std::map<release_number, std::shared_ptr<const app_spec>>;

/// Gives the inventory's workers and table the specs that came with it. Error:
/// `bad_request` if one cannot be read or is missing.
result<named_releases> bind_specs(inventory_message& what);

} // namespace serval
