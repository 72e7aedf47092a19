#include "backend/worker_environment.hpp"

#include <algorithm>
#include <array>

namespace serval {

namespace {

bool may_pass(std::string_view name) {
  static constexpr std::array<std::string_view, 7> passed
    = {"HOME", "LANG",   "LANGUAGE", "LD_LIBRARY_PATH",
       "PATH", "TMPDIR", "TZ"};
  auto is_own = name.starts_with("SERVAL_") && name != "SERVAL_TOKEN";
  return is_own || std::ranges::find(passed, name) != passed.end()
         || name.starts_with("LC_") || name.ends_with("SAN_OPTIONS");
}

} // namespace

std::vector<std::string> strict_environment(const char* const* from) {
  std::vector<std::string> out;
  for (; from != nullptr && *from != nullptr; ++from) {
    std::string_view entry{*from};
    if (may_pass(entry.substr(0, entry.find('='))))
      out.emplace_back(entry);
  }
  return out;
}

} // namespace serval
