// The specs beside the plugins: valid, and true to what the plugins offer.

#include "plugin/plugin_library.hpp"
#include "spec/spec_toml.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace {

serval_host make_host() {
  serval_host host{};
  host.size = sizeof(host);
  host.abi_version = SERVAL_ABI_VERSION;
  return host;
}

const serval_host host = make_host();

/// Reads the spec in `folder` of the source tree and loads its plugin from
/// `built`, a folder of the build tree.
void check_application(const std::string& folder, const std::string& built) {
  auto spec = serval::read_spec_file(
    std::string{SERVAL_SOURCE} + "/" + folder + "/app.toml", {});
  REQUIRE_MESSAGE(spec, folder << ": " << spec.error().message);
  auto plugin = serval::plugin_library::open(
    std::string{SERVAL_BUILD} + "/" + built + "/" + spec->plugin, host);
  REQUIRE_MESSAGE(plugin, plugin.error().message);
  for (const auto& backend : spec->backends)
    CHECK_MESSAGE(plugin->find_backend(backend.name), backend.name);
  for (auto offered : plugin->backends())
    CHECK_MESSAGE(find_backend(*spec, offered->name), offered->name);
}

} // namespace

TEST_CASE("each app.toml names the backends that its plugin offers") {
  check_application("examples/hello", "examples");
  check_application("examples/bank_monitor", "examples");
  check_application("tests/plugins", "tests/plugins");
}
