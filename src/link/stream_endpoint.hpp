#pragma once

#include "link/link_address.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace serval {

// Addresses as Asio knows them. Inside src/link only.

using stream_protocol = boost::asio::generic::stream_protocol;

/// REQUIRES: `address` comes from `parse_link_address` and is no name.
inline stream_protocol::endpoint to_endpoint(const link_address& address) {
  namespace asio = boost::asio;
  if (!address.path.empty())
    return asio::local::stream_protocol::endpoint{address.path};
  return asio::ip::tcp::endpoint{asio::ip::make_address(address.host),
                                 address.port};
}

} // namespace serval
