#include "cli/plugin_path.hpp"

#include <doctest/doctest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>

using namespace serval;

namespace {

namespace fs = std::filesystem;

struct scratch {
  std::string path;

  scratch() {
    std::string name = fs::temp_directory_path() / "serval_plugin_XXXXXX";
    path = ::mkdtemp(name.data());
    fs::create_directories(path + "/app");
    fs::create_directories(path + "/build/examples");
  }

  ~scratch() {
    fs::remove_all(path);
  }

  void touch(const std::string& name) const {
    std::ofstream(path + "/" + name) << name;
  }

  result<std::string> find(const std::string& plugin) const {
    return find_plugin(plugin, path + "/app/app.toml", path + "/build/serval");
  }
};

} // namespace

TEST_CASE("a plugin beside its spec wins over one beside the binary") {
  scratch folder;
  auto gone = folder.find("p.so");
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().message.find("p.so") != std::string::npos);
  folder.touch("build/examples/p.so");
  CHECK(folder.find("p.so").value() == folder.path + "/build/examples/p.so");
  folder.touch("app/p.so");
  CHECK(folder.find("p.so").value() == folder.path + "/app/p.so");
  CHECK(folder.find("/x/p.so").value() == "/x/p.so");
}

TEST_CASE("only regular files are read") {
  scratch folder;
  folder.touch("f");
  CHECK(read_whole_file(folder.path + "/f").value() == "f");
  CHECK_FALSE(read_whole_file(folder.path).has_value());
  CHECK_FALSE(read_whole_file("/dev/zero").has_value());
  auto gone = read_whole_file("/no/such/file");
  REQUIRE_FALSE(gone.has_value());
  CHECK(gone.error().message.find("/no/such/file") != std::string::npos);
}
