#pragma once

#include <string>

/// The path of a plugin that tests/plugins/meson.build made.
inline std::string test_plugin(const std::string& name) {
  return SERVAL_TEST_PLUGINS "/" + name + ".so";
}
