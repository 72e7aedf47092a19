#include "backend/worker_environment.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("a strict worker is told of language and time zone, not of secrets") {
  const char* from[] = {"LANG=C.UTF-8",       "LC_TIME=de_DE",
                        "TZ=UTC",             "DB_PASSWORD=canary",
                        "AWS_SECRET=canary",  "LANGUOR=canary",
                        "TZ_SECRET=canary",   "ASAN_OPTIONS=a=b",
                        "LD_PRELOAD=canary",  "SERVAL_TOKEN=canary",
                        "without an equals sign", nullptr};
  CHECK(strict_environment(from)
        == std::vector<std::string>{"LANG=C.UTF-8", "LC_TIME=de_DE", "TZ=UTC",
                                    "ASAN_OPTIONS=a=b"});
}

TEST_CASE("an empty environment stays empty") {
  const char* from[] = {nullptr};
  CHECK(strict_environment(from).empty());
  CHECK(strict_environment(nullptr).empty());
}
