#pragma once

#include "auth/access.hpp"
#include "control/control_route.hpp"

#include <optional>

namespace serval {

/// What a token must be good for; nothing for what everybody may ask. A deploy
/// names its application in its body, so that this says only half of what it
/// needs.
std::optional<access_need> need_of(const route_match& match) noexcept;

} // namespace serval
