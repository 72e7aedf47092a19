#pragma once

#include "base/result.hpp"
#include "serval/plugin.h"

namespace serval {

/// Checks what a plugin's entry function returned, null included: that it was
/// built for this ABI, and describes at least one backend, all complete and of
/// different names. The error names what is wrong and what to do about it.
/// Touches nothing beyond the first two members if the ABI version differs.
result<void> check_handshake(const serval_plugin* plugin);

} // namespace serval
