#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <string>

namespace serval {

/// How long the parts may take to go down after the requests are over.
inline constexpr duration stop_patience = std::chrono::seconds{5};

/// What an exception means while the node is built.
error too_little(const std::string& problem);

/// For what goes wrong where nothing can be caught, such as in a thread's first
/// steps, while the node is built. Ends the process.
[[noreturn]] void give_up_starting() noexcept;

/// Ends the process if the node does not stop in time: code that runs in line
/// may never return, and takes its loop along.
void end_in_time(duration patience);

} // namespace serval
