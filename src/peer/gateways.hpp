#pragma once

#include "model/ids.hpp"
#include "peer/relay.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace serval {

/// A release of an application.
using release_key = std::pair<std::string, release_number>;

/// Who waits for a release's relay: now or later there is one.
class gateway_user {
public:
  virtual ~gateway_user() = default;

  /// The relay lives until `gateway_closed`.
  virtual void gateway_opened(relay& gateway) = 0;

  virtual void gateway_closed() = 0;
};

/// The relays of one loop, by release, and who uses them.
class gateways {
public:
  void open(const release_key& release, relay& gateway);

  void close(const release_key& release);

  /// Tells `user` at once if there is a relay.
  void add(const release_key& release, gateway_user& user);

  void remove(const release_key& release, gateway_user& user);

private:
  std::map<release_key, relay*> open_;
  std::multimap<release_key, gateway_user*> users_;
};

} // namespace serval
