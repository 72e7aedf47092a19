#pragma once

#include "model/app_spec.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace serval {

/// The ready workers of one backend of one release, in the order of their ids.
struct backend_table {
  std::string name;
  std::vector<worker_id> workers;
  friend bool operator==(const backend_table&, const backend_table&) = default;
};

/// Where the calls of requests that are pinned to one release may go.
struct release_table {
  release_number release;
  std::shared_ptr<const app_spec> spec;
  /// One for each backend of `spec`, in its order.
  std::vector<backend_table> backends;
};

/// What an app_master publishes to the loops: all that proxies, triggers and
/// dispatchers need to know about an application. A table replaces the one
/// before; a lower version never replaces a higher one.
struct app_table {
  std::string app;
  std::uint64_t version = 0;
  /// New requests are pinned to this release. None: the application does not
  /// take requests, and its route answers 503 (404 once `deleted`).
  release_number serving;
  bool deleted = false;
  /// The serving release and those whose last requests are not over yet.
  std::vector<release_table> releases;
};

/// The table of `release`, or null.
const release_table* find_release(const app_table& table,
                                  release_number release) noexcept;

} // namespace serval
