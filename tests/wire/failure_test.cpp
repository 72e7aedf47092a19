#include "wire/failure.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

TEST_CASE("the wire knows every error code by the same name") {
  CHECK(static_cast<int>(fbs::Failure::MAX) == errc_count);
  for (int i = 0; i < errc_count; ++i) {
    auto code = static_cast<errc>(i);
    auto failure = to_failure(code);
    CHECK(to_string(code) == fbs::EnumNameFailure(failure));
    std::optional<errc> back;
    CHECK(from_failure(failure, back));
    CHECK(back == code);
  }
}

TEST_CASE("success crosses the wire as no failure") {
  CHECK(to_failure(std::nullopt) == fbs::Failure::none);
  std::optional<errc> back = errc::internal;
  CHECK(from_failure(fbs::Failure::none, back));
  CHECK(back == std::nullopt);
}
