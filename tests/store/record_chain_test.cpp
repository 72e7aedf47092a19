#include "store/record_chain.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

journal_entry entry(std::uint64_t number) {
  return {{number}, {1}, {}, {{}, release_promoted{{number}}}};
}

} // namespace

TEST_CASE("a chain is followed to its end") {
  record_chain written{"a"};
  record_chain read{"a"};
  for (std::uint64_t i = 1; i <= 3; ++i)
    CHECK(*read.follow(written.append(entry(i))) == entry(i));
  CHECK(read.last().value == 3);
}

TEST_CASE("a record that is changed, dropped, repeated or foreign breaks the "
          "chain") {
  record_chain written{"a"};
  auto first = written.append(entry(1));
  auto second = written.append(entry(2));
  record_chain other{"b"};
  auto foreign = other.append(entry(1));
  auto code = [](result<journal_entry> r) { return r.error().code; };

  record_chain read{"a"};
  CHECK(code(read.follow(second)) == errc::corrupt);
  CHECK(code(read.follow(foreign)) == errc::corrupt);
  CHECK(code(read.follow("")) == errc::corrupt);
  for (std::size_t at = 0; at < first.size(); ++at) {
    auto damaged = first;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CHECK(code(read.follow(damaged)) == errc::corrupt);
  }
  REQUIRE(read.follow(first));
  CHECK(code(read.follow(first)) == errc::corrupt);
  CHECK(read.follow(second));
}

TEST_CASE("a chain goes on behind its snapshot") {
  record_chain written{"a"};
  for (std::uint64_t i = 1; i <= 3; ++i)
    (void) written.append(entry(i));
  auto snapshot = written.snapshot({entry(2)});
  auto fourth = written.append(entry(4));

  record_chain read{"a"};
  CHECK(*read.start_from(snapshot) == std::vector{entry(2)});
  CHECK(read.last().value == 3);
  CHECK(*read.follow(fourth) == entry(4));
}

TEST_CASE("a damaged snapshot is refused") {
  record_chain written{"a"};
  (void) written.append(entry(1));
  auto snapshot = written.snapshot({entry(1)});
  for (std::size_t at = 0; at < snapshot.size(); ++at) {
    auto damaged = snapshot;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    CHECK_FALSE(record_chain{"a"}.start_from(damaged));
    CHECK_FALSE(record_chain{"a"}.start_from(snapshot.substr(0, at)));
  }
}
