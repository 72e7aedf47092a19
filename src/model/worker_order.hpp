#pragma once

#include "model/app_spec.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace serval {

/// One start of a worker. A slot that starts again keeps its id and gets the
/// next incarnation, so that late news of the one before are not mistaken.
struct worker_key {
  worker_id id;
  std::uint32_t incarnation = 0;
  friend auto operator<=>(const worker_key&, const worker_key&) = default;
};

/// The order to start a worker.
struct worker_order {
  std::string app;
  release_number release;
  std::shared_ptr<const app_spec> spec;
  std::string backend;
  worker_key key;
  /// Starts of this slot that failed in a row before this one.
  std::uint32_t failures = 0;
};

} // namespace serval
