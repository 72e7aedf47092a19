#include "loop/hold_watch.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::literals;

namespace {

struct fixture {
  code_board board;
  code_board::holder who = board.add({"shop", "rank"});
  hold_watch subject;
  time_point now{1h};

  std::optional<hold_watch::hold> look(duration later = 50ms) {
    now += later;
    return subject.look(board.look(), now);
  }
};

} // namespace

TEST_CASE("turns that change are no hold, however many there are") {
  fixture f;
  for (int i = 0; i < 100; ++i) {
    f.board.begin(f.who);
    CHECK_FALSE(f.look());
    if (i % 3 == 0)
      f.board.end();
  }
}

TEST_CASE("a loop with nothing to do is not held") {
  fixture f;
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(f.look());
}

TEST_CASE("a turn that does not end is told with its holder, and how long") {
  fixture f;
  f.board.begin(f.who);
  CHECK_FALSE(f.look());
  CHECK_FALSE(f.look());
  auto hold = f.look();
  REQUIRE(hold);
  CHECK(hold->tell);
  CHECK(hold->so_far == 100ms);
  CHECK(f.board.name_of(hold->who).backend == "rank");
  duration added = hold->added;
  int told = 1;
  for (int i = 0; i < 38; ++i) {
    auto more = f.look();
    REQUIRE(more);
    added += more->added;
    told += more->tell ? 1 : 0;
  }
  CHECK(added == 2s);
  CHECK(told == 2);
  f.board.end();
  CHECK_FALSE(f.look());
  f.board.begin(f.who);
  CHECK_FALSE(f.look());
  CHECK_FALSE(f.look());
  CHECK(f.look().value().added == 100ms);
}

TEST_CASE("a holder that is gone has no name") {
  fixture f;
  f.board.begin(f.who);
  auto seen = f.board.look();
  f.board.remove(f.who);
  CHECK(f.board.name_of(seen).backend.empty());
}
