// Goal: what was acknowledged survives SIGKILL at any moment. Method: a child
// process (this program with another test case, since RocksDB's threads do not
// survive a fork) writes with several threads and says what was acknowledged,
// until it is killed; the store is then opened and compared.
#include "store/rocksdb_store.hpp"

#include "base/random.hpp"
#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

constexpr int writers = 3;

/// Where the child writes, and the descriptor on which it acknowledges.
constexpr const char* directory_variable = "SERVAL_TEST_STORE";
constexpr int acknowledgements = 3;

std::string app_of(int writer) {
  return "app-" + std::to_string(writer);
}

/// Writes one byte, the writer's number, for each acknowledged append.
[[noreturn]] void write_until_killed(const std::filesystem::path& directory) {
  auto opened = open_rocksdb_store(directory);
  if (!opened)
    ::_exit(1);
  auto& store = **opened;
  auto epoch = store.lease("n1", 1h)->epoch;
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i)
    threads.emplace_back([&, i] {
      auto last = store.read(app_of(i))->last;
      for (;;) {
        auto done = store.append(
          {app_of(i), epoch, last, {}, {{{}, release_promoted{}}}});
        auto byte = static_cast<char>(i);
        if (!done || ::write(acknowledgements, &byte, 1) != 1)
          ::_exit(2);
        last = *done;
      }
    });
  for (;;)
    ::pause();
}

pid_t start_writer(const std::filesystem::path& directory, int out) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out, acknowledgements);
  char program[] = "store_test";
  char test_case[] = "--test-case=the process that is killed";
  char* arguments[] = {program, test_case, nullptr};
  auto variable = std::string{directory_variable} + "=" + directory.string();
  char* environment[] = {variable.data(), nullptr};
  pid_t child = -1;
  REQUIRE(::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments,
                        environment)
          == 0);
  ::posix_spawn_file_actions_destroy(&actions);
  return child;
}

} // namespace

TEST_CASE("the process that is killed") {
  if (auto* directory = std::getenv(directory_variable))
    write_until_killed(directory);
}

TEST_CASE("every acknowledged append survives SIGKILL") {
  temporary_directory directory;
  std::uint64_t acknowledged[writers] = {};
  random_source random{42};
  for (int round = 0; round < 10; ++round) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    auto child = start_writer(directory.path(), ends[1]);
    ::close(ends[1]);
    auto patience = 1 + random.below(60);
    char writer = 0;
    while (patience-- > 0 && ::read(ends[0], &writer, 1) == 1)
      ++acknowledged[static_cast<int>(writer)];
    ::kill(child, SIGKILL);
    while (::read(ends[0], &writer, 1) == 1)
      ++acknowledged[static_cast<int>(writer)];
    ::close(ends[0]);
    auto status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    auto opened = open_rocksdb_store(directory.path());
    REQUIRE(opened);
    for (int i = 0; i < writers; ++i) {
      auto last = (*opened)->read(app_of(i))->last.value;
      CHECK(last >= acknowledged[i]);
      // At most the one that was under way when the signal came.
      CHECK(last <= acknowledged[i] + 1);
      acknowledged[i] = last;
    }
  }
}
