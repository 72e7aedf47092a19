#include "leader/catalog.hpp"

namespace serval {

std::string catalog::holder_of(std::string_view route,
                               std::string_view app) const {
  for (const auto& [name, routes] : held_)
    if (name != app && routes.contains(std::string{route}))
      return name;
  for (const auto& [ticket, reserved] : reserved_)
    if (reserved.app != app && reserved.route == route)
      return reserved.app;
  return {};
}

result<void> catalog::reserve(std::string app, std::string route,
                              std::uint64_t ticket) {
  if (auto holder = holder_of(route, app); !holder.empty())
    return error{errc::conflict, "cannot deploy application \"" + app
                                   + "\": its route \"" + route
                                   + "\" belongs to application \"" + holder
                                   + "\"; choose another, or delete that one"};
  reserved_[ticket] = {std::move(app), std::move(route)};
  return {};
}

void catalog::end_reservation(std::uint64_t ticket) {
  reserved_.erase(ticket);
}

void catalog::hold(const std::string& app, std::set<std::string> routes) {
  held_[app] = std::move(routes);
}

std::uint64_t catalog::add(const std::string& app) {
  return numbers_.emplace(app, numbers_.size() + 1).first->second;
}

} // namespace serval
