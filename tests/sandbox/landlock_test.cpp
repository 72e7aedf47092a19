#include "sandbox/landlock.hpp"

#include "sandbox/in_child.hpp"
#include "support/temporary_directory.hpp"

#include <fcntl.h>
#include <sys/prctl.h>

#include <cerrno>
#include <fstream>

using namespace serval;

namespace {

/// Opens `path` where only `readable` may be read; the error, or 0.
int opened(const std::string& readable, const std::string& path, int flags) {
  return in_child([&] {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!restrict_files({readable}))
      return 255;
    return ::open(path.c_str(), flags, 0600) < 0 ? errno : 0;
  });
}

} // namespace

TEST_CASE("only what is below the named paths can be read, nothing written"
          * doctest::skip(landlock_version() == 0)) {
  temporary_directory folder;
  auto inside = folder.path() / "inside";
  std::filesystem::create_directory(inside);
  std::ofstream{inside / "file"} << "x";
  std::ofstream{folder.path() / "file"} << "x";
  CHECK(opened(inside, inside / "file", O_RDONLY) == 0);
  CHECK(opened(inside, inside, O_RDONLY | O_DIRECTORY) == 0);
  CHECK(opened(inside, folder.path() / "file", O_RDONLY) == EACCES);
  CHECK(opened(inside, inside / ".." / "file", O_RDONLY) == EACCES);
  CHECK(opened(inside, inside / "file", O_WRONLY) == EACCES);
  CHECK(opened(inside, inside / "new", O_WRONLY | O_CREAT) == EACCES);
}

TEST_CASE("a single file can be allowed"
          * doctest::skip(landlock_version() == 0)) {
  temporary_directory folder;
  std::ofstream{folder.path() / "a"} << "x";
  std::ofstream{folder.path() / "b"} << "x";
  CHECK(opened(folder.path() / "a", folder.path() / "a", O_RDONLY) == 0);
  CHECK(opened(folder.path() / "a", folder.path() / "b", O_RDONLY) == EACCES);
}

TEST_CASE("a path that does not exist is an error that names it"
          * doctest::skip(landlock_version() == 0)) {
  auto how = in_child([] {
    auto restricted = restrict_files({"/no/such/path"});
    return !restricted
           && restricted.error().message
                == "cannot enter the sandbox: \"/no/such/path\" of its read "
                   "paths: No such file or directory";
  });
  CHECK(how == 1);
}
