#include "load/echo_check.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

namespace {

constexpr std::uint64_t id = 0xab;
const std::string echo = "00000000000000ab hello";

bool is_echo(std::string_view answer, std::size_t piece) {
  echo_check uut{id, "hello"};
  for (; !answer.empty(); answer.remove_prefix(std::min(piece, answer.size())))
    uut.feed(answer.substr(0, piece));
  return uut.as_expected();
}

} // namespace

TEST_CASE("an echo is the id, a blank and the body, in any pieces") {
  for (std::size_t piece = 1; piece <= echo.size(); ++piece) {
    CAPTURE(piece);
    CHECK(is_echo(echo, piece));
  }
}

TEST_CASE("another id, another body, less and more are no echo") {
  for (std::string answer :
       {std::string{}, std::string{"00000000000000ab"},
        std::string{"00000000000000ac hello"},
        std::string{"00000000000000ab hellO"}, echo.substr(0, 21), echo + "!"})
    for (std::size_t piece = 1; piece <= echo.size() + 1; ++piece) {
      CAPTURE(answer);
      CAPTURE(piece);
      CHECK_FALSE(is_echo(answer, piece));
    }
}

TEST_CASE("who expects no echo is content with everything") {
  echo_check uut;
  CHECK(uut.as_expected());
  uut.feed("anything");
  CHECK(uut.as_expected());
}
