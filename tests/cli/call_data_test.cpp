#include "cli/call_data.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("data is itself, or what a file holds") {
  CHECK(read_call_data("").value() == "");
  CHECK(read_call_data(R"({"a":1})").value() == R"({"a":1})");
  CHECK_FALSE(read_call_data("@/no/such/file").has_value());
}

TEST_CASE("what looks like JSON is called so") {
  CHECK(guess_content_type(" {") == "application/json");
  CHECK(guess_content_type("[1]") == "application/json");
  CHECK(guess_content_type("x{") == "application/octet-stream");
  CHECK(guess_content_type("") == "application/octet-stream");
}
