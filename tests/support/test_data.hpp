#pragma once

#include <cstdlib>
#include <filesystem>

// For tests on real data and for tests that take minutes:
//
//   TEST_CASE("…" * doctest::skip(!has_test_data())) { … }
//
// tools/test lists what was skipped, with the reason.

namespace serval {

/// Whether $SERVAL_TEST_DATA names the folder of real data.
inline bool has_test_data() {
  return std::getenv("SERVAL_TEST_DATA") != nullptr;
}

/// That folder. REQUIRES: has_test_data()
inline std::filesystem::path test_data() {
  return std::getenv("SERVAL_TEST_DATA");
}

/// Whether `tools/test --full` runs.
inline bool full_tier() {
  return std::getenv("SERVAL_TEST_FULL") != nullptr;
}

} // namespace serval
