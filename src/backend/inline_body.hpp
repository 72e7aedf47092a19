#pragma once

#include "backend/shared_plugin.hpp"
#include "loop/blocking_pool.hpp"
#include "loop/loop.hpp"
#include "model/app_spec.hpp"
#include "worker/worker_body.hpp"

#include <memory>
#include <string>

namespace serval {

/// What an inline worker's user code is made from.
struct inline_backend {
  /// Shared by the workers of a release.
  std::shared_ptr<shared_plugin> plugin;
  backend_spec spec;
  settings config;
  executor::limits limits;
  /// Names it to whoever watches over the loop.
  std::string application{};
  /// How long the instance may take to be made.
  duration start_timeout = std::chrono::seconds{30};
};

/// A body whose user code runs on the worker's home loop. The instance is made
/// on the pool, since its constructor may block. One that takes too long ends
/// the body; its thread is lost until it returns.
std::unique_ptr<worker_body> make_inline_body(inline_backend backend,
                                              loop& home, blocking_pool& pool,
                                              worker_body_events& events);

} // namespace serval
