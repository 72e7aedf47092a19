#include "store/mysql_import.hpp"

#include "store/mysql_store.hpp"

#include "maria_server.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

journal_entry entry(std::uint64_t number, std::uint32_t workers) {
  return {{number},
          {3},
          wall_time{std::chrono::seconds{number}},
          {{"op", "maria", "test"}, workers_scaled{{1}, "bank", workers}}};
}

/// One that was compacted, one that lost its end so, and one with nothing left.
journal_map sample() {
  return {{"a", {{9}, {entry(2, 1), entry(7, 2), entry(9, 3)}}},
          {"b", {{5}, {entry(4, 8)}}},
          {"c", {{2}, {}}}};
}

} // namespace

TEST_CASE("journals are in the database as the other store had them") {
  auto to = maria_server::shared().make_database();
  REQUIRE(import_into_mysql(to, sample(), {57}));
  auto store = std::move(open_mysql_store(to)).value();
  for (const auto& [app, journal] : sample())
    CHECK(*store->read(app) == journal);
  SUBCASE("and go on from there under a higher epoch") {
    auto epoch = store->lease("n1", 1h)->epoch;
    CHECK(epoch.value == 58);
    for (const auto& [app, journal] : sample())
      CHECK(store->append(
        {app, epoch, journal.last, {}, {entry(0, 4).change}}));
    CHECK(store->read("b")->last.value == 6);
    CHECK(store->read("b")->entries.size() == 2);
  }
  SUBCASE("and once is enough") {
    CHECK(import_into_mysql(to, sample(), {57}));
    CHECK(store->last_lease()->epoch.value == 57);
  }
}

TEST_CASE("an import that was interrupted goes on") {
  auto to = maria_server::shared().make_database();
  auto part = sample();
  part.erase("b");
  REQUIRE(import_into_mysql(to, part, {57}));
  REQUIRE(import_into_mysql(to, sample(), {57}));
  auto store = std::move(open_mysql_store(to)).value();
  CHECK(store->applications()->size() == 3);
}

TEST_CASE("a database with other journals is refused and left as it is") {
  auto to = maria_server::shared().make_database();
  auto store = std::move(open_mysql_store(to)).value();
  auto epoch = store->lease("n1", 1h)->epoch;
  std::string app;
  SUBCASE("of an application that is not to be imported") {
    app = "other";
  }
  SUBCASE("of one that is") {
    app = "a";
  }
  REQUIRE(store->append({app, epoch, {0}, {}, {entry(0, 4).change}}));
  REQUIRE(store->lease("n1", 0s, epoch));
  auto refused = import_into_mysql(to, sample(), {57});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::conflict);
  CHECK(refused.error().message.find("\"" + app + "\"") != std::string::npos);
  CHECK(store->applications()->size() == 1);
  CHECK(store->last_lease()->epoch == epoch);
}

TEST_CASE("a database with which a node leads is refused") {
  auto to = maria_server::shared().make_database();
  auto store = std::move(open_mysql_store(to)).value();
  REQUIRE(store->lease("n1", 1h));
  CHECK(import_into_mysql(to, sample(), {57}).error().code == errc::conflict);
  CHECK(store->applications()->empty());
}
