// Loading shared objects, and proving that they are gone again.

#include "plugin/dl_library.hpp"

#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

using serval::dl_library;

namespace {

/// A memfd that holds a plugin's bytes.
int memfd_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream bytes;
  bytes << file.rdbuf();
  auto fd = ::memfd_create("plugin", MFD_CLOEXEC);
  REQUIRE(fd >= 0);
  auto size = static_cast<ssize_t>(bytes.str().size());
  REQUIRE(::write(fd, bytes.str().data(), bytes.str().size()) == size);
  return fd;
}

} // namespace

TEST_CASE("a library is loaded from a path and gone after unload") {
  auto library = dl_library::open(test_plugin("missing_symbol"));
  REQUIRE(library);
  CHECK(library->symbol("unrelated"));
  CHECK(!library->symbol("serval_plugin_entry"));
  CHECK(library->unload());
}

TEST_CASE("a library is loaded from a memfd whose number is used again") {
  auto fd = memfd_of(test_plugin("missing_symbol"));
  auto library = dl_library::open_fd(fd, "first");
  ::close(fd);
  REQUIRE(library);
  CHECK(library->symbol("unrelated"));
  auto second_fd = memfd_of(test_plugin("wrong_abi"));
  auto second = dl_library::open_fd(second_fd, "second");
  ::close(second_fd);
  REQUIRE(second);
  CHECK(second->symbol("serval_plugin_entry"));
  CHECK(library->unload());
  CHECK(second->unload());
}

TEST_CASE("a library that cannot go is reported") {
  auto library = dl_library::open(test_plugin("gnu_unique"));
  REQUIRE(library);
  auto gone = library->unload();
  REQUIRE(!gone);
  CHECK(gone.error().message.find("gnu_unique.so stays in memory")
        != std::string::npos);
}

TEST_CASE("a file that is no library is refused with the reason") {
  CHECK(!dl_library::open("/nowhere/plugin.so"));
  CHECK(!dl_library::open("/dev"));
  CHECK(!dl_library::open_fd(-1, "bad fd"));
  int text = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  CHECK(dl_library::open_fd(text, "text").error().message.starts_with(
    "cannot load plugin text: "));
  CHECK(dl_library::open_fd(text, "text").error().message.find("/proc/")
        == std::string::npos);
  ::close(text);
  auto problem = dl_library::open(test_plugin("undefined_symbol"));
  REQUIRE(!problem);
  CHECK(problem.error().code == serval::errc::bad_plugin);
  CHECK(problem.error().message.find("function_that_nobody_has")
        != std::string::npos);
}

TEST_CASE("a moved library is closed once") {
  auto library = dl_library::open(test_plugin("missing_symbol"));
  REQUIRE(library);
  auto moved = std::move(*library);
  CHECK(!library->symbol("unrelated"));
  CHECK(moved.symbol("unrelated"));
  CHECK(moved.unload());
}
