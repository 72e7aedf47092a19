// Goal: whatever the new process does, the old daemon learns it and goes on.
// Method: programs of this machine that are no daemons.
#include "upgrade/successor.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include <signal.h>
#include <sys/wait.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// A shell that runs `script`, in which descriptor 3 is the socket.
result<successor> start(const std::string& script, duration patience = 30s,
                        bool interrupted = false) {
  return successor::start({"/bin/sh",
                           {"-c", script},
                           patience,
                           [interrupted] { return interrupted; }});
}

error why_not(result<successor> started) {
  REQUIRE(started);
  auto met = started->meet();
  REQUIRE_FALSE(met);
  return met.error();
}

bool says(const error& what, std::string_view words) {
  INFO(what.message);
  return what.message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a program that is not there is an error at once") {
  auto started = successor::start({"/no/such", {}, 1s, [] { return false; }});
  REQUIRE_FALSE(started);
  CHECK(says(started.error(), "/no/such"));
}

TEST_CASE("a program that ends is told with how it ended") {
  CHECK(says(why_not(start("exit 3")), "exited with 3"));
  CHECK(says(why_not(start("kill -SEGV $$")), "SIGSEGV"));
}

TEST_CASE("a program that says why it gives up is quoted") {
  CHECK(says(why_not(start("printf 'failed no room' >&3; exec sleep 30")),
             "no room"));
}

TEST_CASE("a program that says nothing is given up in time, and ended") {
  auto started = start("exec sleep 30", 10ms);
  REQUIRE(started);
  auto pid = started->pid();
  CHECK(says(why_not(std::move(started)), "within"));
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("nobody waits for it once this daemon is to stop") {
  CHECK(why_not(start("exec sleep 30", 30s, true)).code == errc::cancelled);
}

TEST_CASE("one that cannot take over from this version is told apart") {
  CHECK(says(why_not(start("printf 'hello 7 9 9.0' >&3; exec sleep 30")),
             "9.0"));
  auto fits = start("printf 'hello 1 4 2.0' >&3; exec sleep 30");
  REQUIRE(fits);
  auto version = fits->meet();
  REQUIRE(version);
  CHECK(*version == "2.0");
}

TEST_CASE("one that serves is left alone") {
  pid_t pid = 0;
  {
    auto next = start("printf 'ready ' >&3; printf 'serving ' >&3; "
                      "exec sleep 30");
    REQUIRE(next);
    pid = next->pid();
    REQUIRE(next->prepare("/orders"));
    REQUIRE(next->take("/orders"));
  }
  CHECK(::waitpid(pid, nullptr, WNOHANG) == 0);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}
