#pragma once

#include "model/app_spec.hpp"

#include <cstdint>
#include <string>

namespace serval {

/// A valid spec with a backend of two workers and one of one.
inline app_spec sample_spec(std::int64_t version = 1) {
  app_spec spec;
  spec.name = "shop";
  spec.route = "/shop";
  spec.entry = "front";
  spec.plugin = "shop.so";
  spec.plugin_sha256 = std::string(64, 'a');
  spec.config["version"] = version;
  backend_spec back;
  back.name = "back";
  back.workers = 2;
  backend_spec front;
  front.name = "front";
  spec.backends = {back, front};
  return spec;
}

} // namespace serval
