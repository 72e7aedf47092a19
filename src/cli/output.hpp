#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Makes the standard streams safe to write to: a reader that went away is an
/// error of the write instead of a signal, and a stream that is closed does not
/// become the next file or socket that is opened. To be called first.
void prepare_streams();

/// Writes to standard output at once. An error if not all of it arrives, as on
/// a full disk or a closed pipe.
result<void> write_stdout(std::string_view text);

/// Writes to standard error; there is nobody to tell if that fails.
void write_stderr(std::string_view text);

/// Whether standard error is a terminal that can rewrite its last line.
bool stderr_is_live();

/// Whether colours are wanted on standard output: it is a terminal, and
/// NO_COLOR is not set.
bool stdout_has_colours();

/// Tells what went wrong on standard error and returns the exit code for it.
int fail(const error& what);

/// The exit code after the last output: whether `text` could be written.
int finish(std::string_view text);

} // namespace serval
