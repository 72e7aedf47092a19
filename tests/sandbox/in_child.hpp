#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace serval {

/// What a function returns, 0 to 255, when it runs in a process of its own:
/// what is confined stays so.
template <class F>
int in_child(F&& what) {
  auto child = ::fork();
  if (child == 0)
    ::_exit(what());
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

} // namespace serval
