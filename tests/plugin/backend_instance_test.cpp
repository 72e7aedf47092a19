#include "plugin/backend_instance.hpp"

#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

serval_host make_host() {
  serval_host host{};
  host.size = sizeof(host);
  host.abi_version = SERVAL_ABI_VERSION;
  return host;
}

const serval_host host = make_host();

std::shared_ptr<plugin_library> load(const char* name) {
  auto library = plugin_library::open(test_plugin(name), host);
  REQUIRE(library);
  return std::make_shared<plugin_library>(std::move(*library));
}

} // namespace

TEST_CASE("an instance keeps its plugin, which can be unloaded after it") {
  auto library = load("test_strategy");
  auto made = backend_instance::make(library, "leaf", {});
  REQUIRE(made);
  CHECK(std::string{(*made)->type().name} == "leaf");
  CHECK((*made)->object() != nullptr);
  CHECK(library.use_count() == 2);
  made->reset();
  CHECK(library.use_count() == 1);
  CHECK(library->unload());
}

TEST_CASE("an instance is healthy when it is made, or is not made") {
  auto made = backend_instance::make(load("test_strategy"), "fragile", {});
  REQUIRE(made);
  CHECK((*made)->check_health());
  auto ill = backend_instance::make(load("test_strategy"), "fragile",
                                    {{"fail", "health"}});
  REQUIRE_FALSE(ill.has_value());
  CHECK(ill.error().message.find("'fragile' is not healthy: ")
        != std::string::npos);
}

TEST_CASE("a backend that cannot be made says why") {
  auto unknown = backend_instance::make(load("test_strategy"), "nobody", {});
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == errc::bad_plugin);
  CHECK(unknown.error().message.find("'nobody'") != std::string::npos);
  auto throwing = load("throws_in_create");
  auto name = throwing->backends()[0]->name;
  auto broken = backend_instance::make(throwing, name, {});
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().code == errc::user_error);
  CHECK(broken.error().message.find("could not be constructed: ")
        != std::string::npos);
}
