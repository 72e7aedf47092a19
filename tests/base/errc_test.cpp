#include "base/errc.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string_view>

using namespace serval;

TEST_CASE("every error code has a name of its own, a sentence and an error "
          "status") {
  std::set<std::string_view> names;
  for (int i = 0; i < errc_count; ++i) {
    const auto& row = info(static_cast<errc>(i));
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK_FALSE(row.sentence.empty());
    CHECK(row.http_status >= 400);
    CHECK(row.http_status < 600);
  }
}
