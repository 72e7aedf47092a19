#include "upgrade/handed_sockets.hpp"

#include <fmt/format.h>

#include <iterator>

namespace serval {

void handed_sockets::add(const std::string& name, const std::string& address,
                         std::vector<unique_fd> sockets) {
  auto& known = all_[name];
  known.address = address;
  std::ranges::move(sockets, std::back_inserter(known.sockets));
}

result<handed_listener> handed_sockets::take(const std::string& name,
                                             const listen_address& wanted,
                                             std::size_t count) {
  auto found = all_.find(name);
  if (found == all_.end())
    return error{errc::conflict,
                 fmt::format("the running daemon has no listener for [{}]; "
                             "restart it instead",
                             name)};
  auto& [address, sockets] = found->second;
  auto parsed = parse_listen_address(address);
  if (!parsed || parsed->host != wanted.host
      || (wanted.port != 0 && parsed->port != wanted.port))
    return error{errc::conflict,
                 fmt::format("the running daemon listens for [{}] on {}, but "
                             "its configuration says {} by now; restart it "
                             "instead",
                             name, address, to_string(wanted))};
  if (sockets.size() != count)
    return error{errc::conflict,
                 fmt::format("the running daemon has {} sockets for [{}], the "
                             "new one would have {}; leave node.loops as it "
                             "was, or restart it instead",
                             sockets.size(), name, count)};
  return std::move(all_.extract(found).mapped());
}

result<void> handed_sockets::check_all_taken() const {
  if (all_.empty())
    return {};
  return error{errc::conflict,
               fmt::format("the running daemon listens for [{}], the new one "
                           "would not; restart it instead",
                           all_.begin()->first)};
}

} // namespace serval
