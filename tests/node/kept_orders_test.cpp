// Goal: what a node keeps is read back as it was, and never as something else.
// Method: a round trip; damage to every byte.
#include "node/kept_orders.hpp"

#include "support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace serval;

namespace {

std::vector<cluster_message> sample() {
  return {{{3}, use_release_message{"shop", {{1}, "{}"}}},
          {{3}, start_order_message{{"shop", {1}, nullptr, "b", {{7}, 2}, 0}}},
          {{3}, members_message{{{"a", "10.0.0.1:9460", ""}}, {}}}};
}

} // namespace

TEST_CASE("orders are kept as they are") {
  temporary_directory folder;
  auto path = folder.path() / "kept";
  CHECK(read_kept_orders(path).value().empty());
  REQUIRE(write_kept_orders(path, {}));
  CHECK(read_kept_orders(path).value().empty());
  REQUIRE(write_kept_orders(path, sample()));
  auto read = read_kept_orders(path);
  REQUIRE(read);
  REQUIRE(read->size() == 3);
  for (std::size_t i = 0; i < read->size(); ++i)
    CHECK((encode_cluster_message(read->at(i))
           == encode_cluster_message(sample()[i])));
}

TEST_CASE("orders that were damaged are not obeyed") {
  temporary_directory folder;
  auto path = folder.path() / "kept";
  REQUIRE(write_kept_orders(path, sample()));
  std::ifstream file{path, std::ios::binary};
  const std::string good{std::istreambuf_iterator<char>{file}, {}};
  for (std::size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    std::ofstream{path, std::ios::binary} << bad;
    CHECK(read_kept_orders(path).error().code == errc::corrupt);
    std::ofstream{path, std::ios::binary} << good.substr(0, at);
    CHECK(read_kept_orders(path).error().code == errc::corrupt);
  }
}

TEST_CASE("a folder that is not there is an error that names the file") {
  auto written = write_kept_orders("/nowhere/kept", {});
  REQUIRE(!written);
  CHECK(written.error().message == "cannot write /nowhere/kept");
}
