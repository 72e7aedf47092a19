#pragma once

#include "leader/leadership_view.hpp"
#include "model/status.hpp"

#include <string>
#include <vector>

namespace serval {

/// All applications as a table, one line each.
std::string render_list(const std::vector<app_status>& list, bool colours);

/// Who leads, a line; nothing of what is not known.
std::string render_leadership(const leadership_view& view);

/// One application: its state, its backends and their workers.
std::string render_application(const app_status& status, bool colours);

} // namespace serval
