#pragma once

#include "base/result.hpp"
#include "link/link_address.hpp"
#include "load/load_transport.hpp"
#include "load/request_mix.hpp"

#include <memory>
#include <string>

namespace serval {

/// Serval's own RPC: any number of calls at once over `links` connections.
/// Blocks until they are made; fails if that takes longer than `patience`.
result<std::unique_ptr<load_transport>>
make_rpc_transport(const link_address& target, std::string application,
                   const request_mix& mix, std::uint32_t links,
                   duration patience);

} // namespace serval
