#pragma once

#include "app_master/desired_app.hpp"
#include "app_master/observed_app.hpp"
#include "model/status.hpp"

namespace serval {

/// What an operator is told. The release shown is the one that is being brought
/// up, else the last one if it failed, else the one that serves.
app_status make_status(std::string_view name, const desired_app& desired,
                       const observed_app& observed, time_point now);

} // namespace serval
