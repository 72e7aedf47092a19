#pragma once

namespace serval {

/// Everything that `serval` does but worker processes: reads the command line,
/// carries out one command and returns the exit code.
int run_command_line(int argc, char** argv);

} // namespace serval
