#pragma once

#include "store/mysql_session.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace serval {

/// A MariaDB server of the test's own, on a socket in a folder of its own. What
/// it committed survives its process, not the machine.
class maria_server {
public:
  maria_server() {
    run_to_end({"mariadb-install-db", "--no-defaults", "--datadir=" + data(),
                "--auth-root-authentication-method=normal", "--skip-test-db"});
    start();
  }

  ~maria_server() {
    stop(SIGKILL);
  }

  /// Returns when the server answers.
  void start() {
    pid_ = launch({"mariadbd", "--no-defaults", "--datadir=" + data(),
                   "--socket=" + socket(), "--skip-networking",
                   "--innodb-buffer-pool-size=16M",
                   "--innodb-flush-log-at-trx-commit=2",
                   "--log-error=" + (folder_.path() / "log").string()});
    for (int i = 0; i < 600; ++i) {
      if (mysql_session::open(options("mysql")))
        return;
      ::poll(nullptr, 0, 50);
    }
    FAIL("mariadbd does not answer; are Debian's mariadb-server-core and "
         "mariadb-client-core there?");
  }

  /// Returns when the server is gone.
  void stop(int signal) {
    if (pid_ == 0)
      return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  /// SIGSTOP and SIGCONT, for instance.
  void send(int signal) {
    ::kill(pid_, signal);
  }

  mysql_options options(std::string database) const {
    mysql_options to;
    to.socket = socket();
    to.user = "root";
    to.database = std::move(database);
    to.timeout = std::chrono::seconds{1};
    return to;
  }

  /// An empty database with a name of its own.
  mysql_options make_database() {
    auto name = "serval_" + std::to_string(++databases_);
    auto session = mysql_session::open(options("mysql"));
    REQUIRE(session);
    for (const auto& statement :
         {"CREATE DATABASE " + name,
          "GRANT ALL ON " + name + ".* TO serval@localhost IDENTIFIED BY "
                                   "'secret'"})
      REQUIRE(session->run(statement));
    auto to = options(name);
    to.user = "serval";
    to.password = "secret";
    return to;
  }

  /// As root.
  void run(const std::string& statement) {
    auto session = mysql_session::open(options("mysql"));
    REQUIRE(session);
    REQUIRE(session->run(statement));
  }

  /// On the whole server.
  void set(const std::string& assignment) {
    run("SET GLOBAL " + assignment);
  }

  /// The one of all tests of this program.
  static maria_server& shared() {
    static maria_server server;
    return server;
  }

private:
  std::string data() const {
    return (folder_.path() / "data").string();
  }

  std::string socket() const {
    return (folder_.path() / "socket").string();
  }

  static pid_t launch(std::vector<std::string> words) {
    // It does not run as root unless told to.
    if (::getuid() == 0)
      words.push_back("--user=root");
    std::vector<char*> arguments;
    for (auto& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    auto pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::freopen("/dev/null", "w", stdout) != nullptr
          && ::freopen("/dev/null", "w", stderr) != nullptr)
        ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    return pid;
  }

  static void run_to_end(std::vector<std::string> words) {
    int status = 0;
    ::waitpid(launch(std::move(words)), &status, 0);
    REQUIRE(status == 0);
  }

  temporary_directory folder_;
  pid_t pid_ = 0;
  int databases_ = 0;
};

} // namespace serval
