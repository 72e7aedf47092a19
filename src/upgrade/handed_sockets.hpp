#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "config/listen_address.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace serval {

/// Sockets that listen on one address, and where that is.
struct handed_listener {
  std::string address;
  std::vector<unique_fd> sockets;
};

/// The listening sockets of a daemon whose place is taken, by the section of
/// the configuration that names their address: "http", "rpc", "admin" and
/// "cluster". They are the sockets themselves: what waits in their backlogs is
/// accepted by whichever daemon comes to it.
class handed_sockets {
public:
  void add(const std::string& name, const std::string& address,
           std::vector<unique_fd> sockets);

  /// Takes the sockets of `name`, if there are `count` and they listen on
  /// `wanted`, whose port may be 0 for any. Error `conflict`: the two daemons
  /// are not configured alike, which takes a restart.
  result<handed_listener> take(const std::string& name,
                               const listen_address& wanted,
                               std::size_t count);

  /// Nothing may be left over: connections would wait there in vain.
  result<void> check_all_taken() const;

private:
  std::map<std::string, handed_listener> all_;
};

} // namespace serval
