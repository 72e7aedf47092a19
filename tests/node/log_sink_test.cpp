// Goal: a log that cannot be written costs lines, never time, and is whole
// again afterwards. Method: /dev/full, and a file whose size is limited for a
// while.

#include "node/log_sink.hpp"

#include <doctest/doctest.h>
#include <spdlog/logger.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "support/temporary_directory.hpp"

#include <sys/resource.h>

using namespace serval;

namespace {

spdlog::logger logger_to(const std::shared_ptr<log_sink>& sink) {
  spdlog::logger log{"test", sink};
  log.set_pattern("%v");
  return log;
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("lines that a full disk does not take are counted") {
  auto sink = log_sink::open("/dev/full");
  REQUIRE(sink);
  auto log = logger_to(*sink);
  log.info("one");
  log.info("two\nthree");
  CHECK((*sink)->lost_lines() == 3);
}

TEST_CASE("when there is room again, the next line is whole") {
  temporary_directory folder;
  auto path = (folder.path() / "log").string();
  auto sink = log_sink::open(path);
  REQUIRE(sink);
  auto log = logger_to(*sink);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  auto lowered = before;
  lowered.rlim_cur = 10;
  ::setrlimit(RLIMIT_FSIZE, &lowered);
  log.info("12345");
  log.info("67890");
  log.info("lost");
  ::setrlimit(RLIMIT_FSIZE, &before);
  log.info("whole");
  CHECK(text_of(path) == "12345\n6789\nwhole\n");
  CHECK((*sink)->lost_lines() == 2);
}

TEST_CASE("a log file that cannot be opened is one clear error") {
  auto sink = log_sink::open("/nowhere/log");
  REQUIRE_FALSE(sink);
  CHECK(sink.error().message
        == "cannot open the log file /nowhere/log: No such file or directory; "
           "set log.file to a writable place");
}

TEST_CASE("a log goes on in a new file where the old one was moved away") {
  temporary_directory folder;
  auto path = (folder.path() / "log").string();
  auto sink = log_sink::open(path);
  REQUIRE(sink);
  auto log = logger_to(*sink);
  log.info("before");
  std::filesystem::rename(path, path + ".1");
  log.info("between");
  REQUIRE((*sink)->reopen());
  log.info("after");
  CHECK(text_of(path + ".1") == "before\nbetween\n");
  CHECK(text_of(path) == "after\n");
}

TEST_CASE("a log whose new file cannot be opened goes on in the old one") {
  temporary_directory folder;
  auto path = (folder.path() / "log").string();
  auto sink = log_sink::open(path);
  REQUIRE(sink);
  auto log = logger_to(*sink);
  std::filesystem::rename(path, path + ".1");
  std::filesystem::create_directory(path);
  CHECK_FALSE((*sink)->reopen());
  log.info("here");
  CHECK(text_of(path + ".1") == "here\n");
}
