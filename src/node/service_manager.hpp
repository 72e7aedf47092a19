#pragma once

#include <string_view>

namespace serval {

/// Tells the service manager that started this process, if one did and wants
/// to know (NOTIFY_SOCKET): "READY=1", "MAINPID=…", "STOPPING=1".
void notify_service(std::string_view what);

} // namespace serval
