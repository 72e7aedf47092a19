// Real plugins, good and bad, as the host meets them.

#include "plugin/plugin_library.hpp"

#include "plugin/plugin_settings.hpp"
#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

using serval::plugin_library;

namespace {

serval_host make_host() {
  serval_host host{};
  host.size = sizeof(host);
  host.abi_version = SERVAL_ABI_VERSION;
  return host;
}

const serval_host host = make_host();

std::string problem_of(const char* name) {
  auto library = plugin_library::open(test_plugin(name), host);
  return library ? "none" : library.error().message;
}

void append(void* text, serval_bytes bytes) noexcept {
  static_cast<std::string*>(text)->append(bytes.data, bytes.size);
}

/// The message with which the plugin's first backend fails to be made.
std::string create_error_of(const char* name) {
  auto library = plugin_library::open(test_plugin(name), host);
  REQUIRE(library);
  std::string message;
  serval_sink sink{&message, append};
  serval::plugin_settings none{{}};
  CHECK(!library->backends()[0]->create(none.get(), &sink));
  CHECK(library->unload());
  return message;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a good plugin serves, and is gone after unload") {
  auto library = plugin_library::open(test_plugin("test_strategy"), host);
  REQUIRE(library);
  CHECK(!library->sdk_version().empty());
  CHECK(!library->find_backend("nobody"));
  auto echo = library->find_backend("echo");
  REQUIRE(echo);
  std::string text;
  serval_sink sink{&text, append};
  serval::plugin_settings none{{}};
  auto instance = echo->create(none.get(), &sink);
  REQUIRE(instance);
  CHECK(echo->handle(instance, nullptr, {"hi", 2}, &sink) == 0);
  CHECK(text == "hi");
  echo->destroy(instance);
  CHECK(library->unload());
}

TEST_CASE("the examples can be unloaded after they have worked") {
  for (std::string name : {"hello", "bank_monitor"}) {
    auto library = plugin_library::open(SERVAL_EXAMPLES "/" + name + ".so",
                                        host);
    REQUIRE(library);
    serval::plugin_settings settings{
      {{"data_dir", std::string{"/nowhere"}}}};
    for (auto backend : library->backends()) {
      std::string text;
      serval_sink sink{&text, append};
      auto instance = backend->create(settings.get(), &sink);
      REQUIRE_MESSAGE(instance, text);
      CHECK(backend->handle(instance, nullptr, {"", 0}, &sink) == 400);
      backend->destroy(instance);
    }
    CHECK_MESSAGE(library->unload(), name);
  }
}

TEST_CASE("settings reach a plugin's backend") {
  auto library = plugin_library::open(test_plugin("test_strategy"), host);
  REQUIRE(library);
  std::string text;
  serval_sink sink{&text, append};
  serval::plugin_settings failing{{{"fail", std::string{"construct"}}}};
  auto fragile = library->find_backend("fragile");
  CHECK(!fragile->create(failing.get(), &sink));
  CHECK(text == "failed in construct as told");
}

TEST_CASE("each bad plugin is refused with its own message") {
  CHECK(contains(problem_of("wrong_abi"), "built for ABI version 999"));
  CHECK(contains(problem_of("missing_symbol"), "does not export"));
  CHECK(contains(problem_of("undefined_symbol"), "function_that_nobody_has"));
  CHECK(contains(problem_of("refuses_host"), "refused"));
  CHECK(contains(problem_of("no_backends"), "offers no backend"));
  CHECK(contains(problem_of("duplicate_names"), "two backends named \"echo\""));
  CHECK(contains(problem_of("not_there"), "No such file"));
}

TEST_CASE("a backend that cannot be made says why") {
  CHECK(create_error_of("null_in_create") == "out of luck");
  CHECK(create_error_of("throws_in_create") == "cannot find the model");
}
