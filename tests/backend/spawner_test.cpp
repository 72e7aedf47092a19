#include "backend/spawner.hpp"

#include "backend/temporary_file.hpp"
#include "base/sha256.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>
#include <csignal>
#include <future>

using namespace serval;

namespace {

constexpr std::chrono::seconds patience{20};

template <class T>
T wait_for(std::future<T>& future) {
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  return future.get();
}

spawn_order shell(std::string script) {
  spawn_order order;
  order.arguments = {"-c", std::move(script)};
  return order;
}

/// A process of a spawner, with what becomes of it.
struct started {
  started(spawner& from, spawn_order order) {
    auto promise = std::make_shared<std::promise<result<spawned_process>>>();
    auto end = std::make_shared<std::promise<process_exit>>();
    exited = end->get_future();
    auto spawned = promise->get_future();
    from.spawn(
      std::move(order),
      [promise](result<spawned_process> what) {
        promise->set_value(std::move(what));
      },
      [end](process_exit how) { end->set_value(how); });
    auto what = wait_for(spawned);
    if (what)
      process = std::move(*what);
    else
      why = what.error();
  }

  /// Reads what the process writes to its socket until it closes it.
  std::string read_all() {
    std::string text;
    char part[4096];
    for (;;) {
      pollfd waiting{process.socket.get(), POLLIN, 0};
      REQUIRE(::poll(&waiting, 1, 20'000) == 1);
      auto size = ::read(process.socket.get(), part, sizeof(part));
      if (size <= 0)
        return text;
      text.append(part, static_cast<std::size_t>(size));
    }
  }

  spawned_process process;
  error why;
  std::future<process_exit> exited;
};

} // namespace

TEST_CASE("the exit status of a process is reported") {
  spawner from{"/bin/sh"};
  started child{from, shell("exit 7")};
  CHECK(wait_for(child.exited) == process_exit{false, 7});
}

TEST_CASE("the signal that killed a process is reported") {
  spawner from{"/bin/sh"};
  started child{from, shell("kill -SEGV $$")};
  CHECK(wait_for(child.exited) == process_exit{true, SIGSEGV});
}

TEST_CASE("no zombie is left behind") {
  spawner from{"/bin/sh"};
  started child{from, shell("exit 0")};
  wait_for(child.exited);
  CHECK(::kill(child.process.pid, 0) != 0);
}

TEST_CASE("a process inherits socket, board, plugin, program, nothing else") {
  spawner from{"/bin/sh"};
  temporary_file plugin{"the plugin"};
  auto order = shell("cat <&5 >&3; exec 6<&-; "
                     "for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do "
                     "test -e /proc/$$/fd/$n && echo $n >&3; done");
  order.plugin_path = plugin.path();
  order.plugin_sha256 = sha256_hex("the plugin");
  started child{from, std::move(order)};
  CHECK(child.read_all() == "the plugin0\n1\n2\n3\n4\n5\n");
}

TEST_CASE("a process that cannot be started is an error, not an exit") {
  spawner from{"/no/such/program"};
  started child{from, {}};
  CHECK(child.why.message
        == "cannot start a process of /no/such/program: No such file or "
           "directory");
}

TEST_CASE("a plugin with the wrong hash starts no process") {
  spawner from{"/bin/sh"};
  temporary_file plugin{"the plugin"};
  auto order = shell("exit 0");
  order.plugin_path = plugin.path();
  order.plugin_sha256 = sha256_hex("another plugin");
  started child{from, std::move(order)};
  CHECK(child.why.code == errc::corrupt);
}

TEST_CASE("kill ends a process together with its children") {
  spawner from{"/bin/sh"};
  // The grandchild holds the socket open until it is gone, too.
  started child{from, shell("cat /dev/zero >/dev/null & echo x >&3; wait")};
  pollfd waiting{child.process.socket.get(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  child.process.kill();
  CHECK(wait_for(child.exited) == process_exit{true, SIGKILL});
  CHECK(child.read_all() == "x\n");
}

TEST_CASE("the children of a process that exits by itself are killed") {
  spawner from{"/bin/sh"};
  started child{from, shell("cat /dev/zero >/dev/null & exit 3")};
  CHECK(wait_for(child.exited) == process_exit{false, 3});
  CHECK(child.read_all() == "");
}

TEST_CASE("kill ends a process that has left its group") {
  spawner from{"/bin/sh"};
  started child{from, shell("exec python3 -c 'import os, time\n"
                            "os.setpgid(0, os.getpgid(os.getppid()))\n"
                            "os.write(3, b\"x\")\n"
                            "time.sleep(1000)'")};
  pollfd waiting{child.process.socket.get(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  child.process.kill();
  CHECK(wait_for(child.exited) == process_exit{true, SIGKILL});
}

TEST_CASE("a spawner takes its processes with it") {
  auto from = std::make_unique<spawner>("/bin/sh");
  started child{*from, shell("exec cat /dev/zero >/dev/null")};
  from.reset();
  CHECK(wait_for(child.exited) == process_exit{true, SIGKILL});
}

TEST_CASE("many processes run and end at once") {
  spawner from{"/bin/sh"};
  std::vector<std::unique_ptr<started>> all;
  for (int i = 0; i < 50; ++i)
    all.push_back(std::make_unique<started>(
      from, shell("read line <&3; exit " + std::to_string(i))));
  for (auto& each : all)
    REQUIRE(::write(each->process.socket.get(), "\n", 1) == 1);
  for (int i = 0; i < 50; ++i)
    CHECK(wait_for(all[static_cast<std::size_t>(i)]->exited)
          == process_exit{false, i});
}
