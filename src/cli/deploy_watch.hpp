#pragma once

#include "model/status.hpp"

#include <cstdint>
#include <string>

namespace serval {

/// Where a deploy stands.
struct deploy_verdict {
  enum class kind : std::uint8_t {
    waiting,
    serves,
    failed,
  };

  kind what = kind::waiting;
  /// How far it is, or why it failed.
  std::string text;
};

/// What an application's status says about the release that was deployed.
deploy_verdict judge_deploy(const app_status& status, release_number wanted);

} // namespace serval
