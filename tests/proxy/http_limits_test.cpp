#include "proxy/http_limits.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("limits are the configuration's") {
  http_section section;
  section.head_max = {5000};
  section.body_max = {6000};
  section.connections_max = 70;
  section.head_timeout = 1s;
  section.body_timeout = 2s;
  section.idle_timeout = 3s;
  section.write_timeout = 4s;
  auto limits = limits_of(section, 1);
  CHECK(limits.head.head_bytes == 5000);
  CHECK(limits.body_bytes == 6000);
  CHECK(limits.connections == 70);
  CHECK(limits.header_timeout == 1s);
  CHECK(limits.body_timeout == 2s);
  CHECK(limits.idle_timeout == 3s);
  CHECK(limits.write_timeout == 4s);
  CHECK(limits.tick == 100ms);
}

TEST_CASE("each of several servers gets its share") {
  http_section section;
  section.connections_max = 100;
  auto whole = limits_of(section, 1);
  auto share = limits_of(section, 4);
  CHECK(share.connections >= 25);
  CHECK(share.connections < 50);
  CHECK(share.body_bytes_in_all < whole.body_bytes_in_all);
  section.connections_max = 1;
  section.body_max = {std::uint64_t{1} << 30};
  CHECK(limits_of(section, 64).connections == 1);
  CHECK(limits_of(section, 64).body_bytes_in_all >= section.body_max.value);
}

TEST_CASE("ticks are short enough for the shortest timeout") {
  http_section section;
  section.head_timeout = 10ms;
  CHECK(limits_of(section, 1).tick <= 5ms);
}
