#include "load/request_log.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("a request is a line of its times, status, worker, attempt and "
          "body") {
  request_record request{.id = 5, .intended = 1us, .sent = 2us, .done = 3us,
                         .end = end_of_status(200), .worker = "w1", .body = 2};
  std::string out;
  append_log_line(out, request);
  request.end = request_end::timed_out;
  request.worker = {};
  request.attempt = 2;
  request.body = {};
  append_log_line(out, request);
  CHECK(out == "5,1000,2000,3000,200,w1,0,2\n"
               "5,1000,2000,3000,timed_out,,2,\n");
}

TEST_CASE("a log that cannot be opened is an error at once, one that cannot be "
          "written at the end") {
  CHECK_FALSE(request_log::open("/nowhere/at/all"));
  auto full = request_log::open("/dev/full");
  REQUIRE(full);
  CHECK_FALSE((*full)->check());
  auto fine = request_log::open("/dev/null");
  REQUIRE(fine);
  (*fine)->write("x\n");
  CHECK((*fine)->check());
}
