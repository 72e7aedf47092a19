// Goal: every bad plugin ends a deploy with one clear sentence, and never the
// daemon. Method: real plugins in real processes.

#include "backend/plugin_probe.hpp"

#include "backend/process_fixture.hpp"
#include "backend/temporary_file.hpp"

using namespace serval;
using namespace std::literals;

namespace {

result<plugin_description> probe(process_options options,
                                 std::vector<body_order> backends
                                 = {{"echo", {}, {}}}) {
  process_world world;
  std::promise<result<plugin_description>> promise;
  world.on_loop([&] {
    probe_plugin(world.home, world.from,
                 {std::move(options), std::move(backends)},
                 [&](result<plugin_description> what) {
                   promise.set_value(std::move(what));
                 });
  });
  auto what = promise.get_future().get();
  // What the probe leaves to the loop comes before this.
  world.on_loop([] {});
  return what;
}

std::string failure(const std::string& plugin, duration within = 20s) {
  auto options = process_world::options(plugin);
  options.start_timeout = within;
  auto what = probe(std::move(options));
  REQUIRE(!what);
  CHECK(what.error().code == errc::bad_plugin);
  return what.error().message;
}

process_options options_of(const temporary_file& file,
                           std::string_view content) {
  process_options options;
  options.label = "test";
  options.plugin_path = file.path();
  options.plugin_sha256 = sha256_hex(content);
  return options;
}

} // namespace

TEST_CASE("a good plugin is described") {
  auto what = probe(process_world::options("test_strategy"),
                    {{"echo", {}, {}}, {"settings", {}, {}}, {"echo", {}, {}}});
  REQUIRE(what);
  CHECK(!what->sdk_version.empty());
  CHECK(what->backends.at(0) == "router");
  CHECK(what->unload_warnings.empty());
}

TEST_CASE("what would keep a plugin in memory is a warning") {
  auto unique = probe(process_world::options("gnu_unique"));
  REQUIRE(unique);
  CHECK(unique->unload_warnings.size() == 1);
  auto thread = probe(process_world::options("tls_destructor"));
  REQUIRE(thread);
  CHECK(thread->unload_warnings.size() == 1);
}

TEST_CASE("each bad plugin has its sentence") {
  CHECK(failure("crashes_in_create")
        == "the plugin crashed while backend \"echo\" was constructed: the "
           "process was killed by SIGSEGV");
  CHECK(failure("exits_in_create")
          .starts_with("the plugin ended its process while backend \"echo\" "
                       "was constructed: the process exited with "));
  CHECK(failure("hangs_in_create", 500ms)
        == "backend \"echo\" hung while it was constructed: the plugin's probe "
           "was not over after 0.5 s");
  CHECK(failure("throws_in_create")
          .starts_with("backend \"echo\" could not be constructed: "));
  CHECK(failure("null_in_create")
          .starts_with("backend \"echo\" could not be constructed: "));
  CHECK(failure("wrong_abi").starts_with(
    "cannot use plugin wrong_abi.so: the plugin was built for ABI version "));
  CHECK(failure("missing_symbol").find("serval_plugin_entry")
        != std::string::npos);
  CHECK(failure("undefined_symbol").find("undefined symbol")
        != std::string::npos);
  CHECK(failure("no_backends").find("no backend") != std::string::npos);
  CHECK(failure("duplicate_names").find("echo") != std::string::npos);
  CHECK(failure("refuses_host").find("refused") != std::string::npos);
}

TEST_CASE("a backend of the spec that the plugin lacks is named") {
  auto what = probe(process_world::options("test_strategy"),
                    {{"echo", {}, {}}, {"typo", {}, {}}});
  REQUIRE(!what);
  CHECK(what.error().message.starts_with(
    "the plugin has no backend \"typo\"; it offers router, "));
}

TEST_CASE("a backend that its settings break fails with its own words") {
  auto what = probe(process_world::options("test_strategy"),
                    {{"fragile", {{"fail", "warm_up"}}, {}}});
  REQUIRE(!what);
  CHECK(what.error().message
        == "backend \"fragile\" failed in warm_up: failed in warm_up as told");
}

TEST_CASE("a file that is no plugin is called so") {
  for (auto content : {""sv, "text\n"sv, "\x7f" "ELF\2\1\1"sv}) {
    temporary_file file{content};
    auto what = probe(options_of(file, content));
    REQUIRE(!what);
    CHECK(what.error().code == errc::bad_plugin);
    CHECK(what.error().message.starts_with("the file is no plugin: "));
  }
}

TEST_CASE("a plugin that is gone or was changed is called so") {
  auto options = process_world::options("test_strategy");
  options.plugin_path += ".gone";
  CHECK(probe(options).error().message.starts_with("cannot open plugin "));
  options = process_world::options("test_strategy");
  options.plugin_sha256 = sha256_hex("other");
  CHECK(probe(options).error().message.find("should have")
        != std::string::npos);
}
