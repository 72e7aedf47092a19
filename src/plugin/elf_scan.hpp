#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// What in a shared object would keep it from ever being unloaded.
struct elf_report {
  /// Names of STB_GNU_UNIQUE symbols, the first few of `unique_count`.
  std::vector<std::string> unique_symbols;
  std::size_t unique_count = 0;
  /// Whether it registers destructors of thread_local objects.
  bool has_thread_destructors = false;
  /// Whether it was linked with `-z nodelete`.
  bool is_nodelete = false;
};

/// Reads the dynamic symbols of a shared object, given the bytes of its file.
/// Trusts nothing in them. The error says why it is no shared object for this
/// machine. An object without section headers gets an empty report.
result<elf_report> scan_elf(std::string_view bytes);

/// One sentence for each thing in the report, for the operator of an
/// application whose backends run inline; empty if the plugin can be unloaded.
std::vector<std::string> unload_warnings(const elf_report& report);

} // namespace serval
