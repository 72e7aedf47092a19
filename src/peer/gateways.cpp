#include "peer/gateways.hpp"

namespace serval {

void gateways::open(const release_key& release, relay& gateway) {
  open_[release] = &gateway;
  auto [first, last] = users_.equal_range(release);
  for (auto each = first; each != last; ++each)
    each->second->gateway_opened(gateway);
}

void gateways::close(const release_key& release) {
  if (open_.erase(release) == 0)
    return;
  auto [first, last] = users_.equal_range(release);
  for (auto each = first; each != last; ++each)
    each->second->gateway_closed();
}

void gateways::add(const release_key& release, gateway_user& user) {
  users_.emplace(release, &user);
  auto found = open_.find(release);
  if (found != open_.end())
    user.gateway_opened(*found->second);
}

void gateways::remove(const release_key& release, gateway_user& user) {
  auto [first, last] = users_.equal_range(release);
  for (auto each = first; each != last; ++each)
    if (each->second == &user) {
      users_.erase(each);
      return;
    }
}

} // namespace serval
