#pragma once

#include "base/time.hpp"
#include "trigger/request_entry.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace serval {

/// Where requests at or below a path go.
struct route {
  /// Begins with "/".
  std::string path;
  std::string application;
  /// What is passed on; other methods get 405. HEAD goes where GET goes.
  std::vector<std::string> methods = {"POST"};
  /// How long a request may take when its client does not say.
  duration deadline = std::chrono::seconds{10};
  /// Outlives the requests that were started through it. Null while the
  /// application takes no requests, which is 503.
  request_entry* entry = nullptr;
};

/// The routes of one loop. Never changed: a new table replaces the old one
/// whole, and a request holds on to the one that it was matched with.
class routing_table {
public:
  routing_table() = default;

  /// If two routes have the same path, the first stays.
  explicit routing_table(std::vector<route> routes);

  routing_table(const routing_table&) = delete;
  routing_table& operator=(const routing_table&) = delete;

  /// The route with the longest path that is `path` or a parent of it:
  /// "/a" takes "/a", "/a/" and "/a/b", but not "/ab". Null if there is none.
  const route* find(std::string_view path) const;

  /// The route of the application of that name, as RPC asks for it. Null if
  /// there is none.
  const route* find_application(std::string_view name) const;

  const std::vector<route>& routes() const noexcept {
    return routes_;
  }

private:
  std::vector<route> routes_;
  std::unordered_map<std::string_view, const route*> by_path_;
  std::unordered_map<std::string_view, const route*> by_application_;
  std::size_t longest_ = 0;
};

/// Whether the route passes the method on.
bool allows(const route& target, std::string_view method);

/// The route's methods as an Allow field lists them.
std::string allow_field(const route& target);

} // namespace serval
