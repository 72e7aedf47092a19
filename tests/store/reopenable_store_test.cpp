// Goal: a store can change hands under those who use it. Method: close it, and
// open it elsewhere.
#include "store/reopenable_store.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

namespace {

app_change scaled(std::uint32_t workers) {
  return {{"op", "maria", "test"}, workers_scaled{{1}, "bank", workers}};
}

} // namespace

TEST_CASE("a closed store is unavailable and free for another daemon") {
  temporary_directory directory;
  auto path = directory.path();
  auto uut = reopenable_store::open(
    [path] { return open_rocksdb_store(path); });
  REQUIRE(uut);
  auto& owner = **uut;
  embedded_store& store = owner;
  auto epoch = store.lease("old", 1h)->epoch;
  REQUIRE(store.append({"a", epoch, {0}, {}, {scaled(1)}}));

  owner.close();
  auto refused = store.append({"a", epoch, {1}, {}, {scaled(2)}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK_FALSE(store.lease("old", 1h));
  {
    auto other = open_rocksdb_store(path);
    REQUIRE(other);
    epoch = (*other)->lease("new", 1h)->epoch;
    REQUIRE((*other)->append({"a", epoch, {1}, {}, {scaled(3)}}));
    CHECK_FALSE(owner.reopen());
    CHECK_FALSE(store.last_lease());
  }
  REQUIRE(owner.reopen());
  CHECK(store.read("a")->last == sequence{2});
  CHECK(store.last_lease()->epoch == epoch);
}

TEST_CASE("a store that cannot be opened is an error at once") {
  auto uut = reopenable_store::open(
    []() -> result<std::unique_ptr<embedded_store>> {
      return error{errc::corrupt, "damaged"};
    });
  REQUIRE_FALSE(uut);
  CHECK(uut.error().code == errc::corrupt);
}
