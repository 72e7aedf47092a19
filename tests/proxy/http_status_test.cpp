#include "proxy/http_status.hpp"

#include "base/errc.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("every status that an error can have has a reason phrase") {
  for (int i = 0; i < errc_count; ++i) {
    auto status = http_status_of(static_cast<errc>(i));
    CAPTURE(status);
    CHECK(reason_phrase(status) != "Unknown");
  }
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(299) == "Unknown");
}
