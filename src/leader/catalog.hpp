#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// The applications and who has which route. A route belongs to one application
/// at a time; it is reserved while a deploy is on its way to the journal and
/// held while a release of the application has it.
class catalog {
public:
  /// Reserves `route` for a deploy of `app`, which `ticket` names. Error:
  /// `conflict` if another application has or is about to have the route.
  result<void> reserve(std::string app, std::string route,
                       std::uint64_t ticket);

  /// Ends a reservation, however the deploy went. What became durable must have
  /// been told to `hold` before.
  void end_reservation(std::uint64_t ticket);

  /// The routes that the releases of `app` have now; none when it is deleted.
  void hold(const std::string& app, std::set<std::string> routes);

  /// Adds an application, whose number is then the next one: 1, 2, 3… Returns
  /// the number it has already, if it is known.
  std::uint64_t add(const std::string& app);

  bool contains(std::string_view app) const {
    return numbers_.find(app) != numbers_.end();
  }

private:
  /// Whoever has the route, except `app`; empty if nobody.
  std::string holder_of(std::string_view route, std::string_view app) const;

  struct reservation {
    std::string app;
    std::string route;
  };

  std::map<std::string, std::uint64_t, std::less<>> numbers_;
  std::map<std::string, std::set<std::string>, std::less<>> held_;
  std::map<std::uint64_t, reservation> reserved_;
};

} // namespace serval
