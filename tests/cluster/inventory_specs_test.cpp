// Goal: a leader takes what a node has for what it is, or says why it cannot.
// Method: inventories as nodes write them.
#include "cluster/inventory_specs.hpp"

#include "spec/spec_json.hpp"
#include "support/sample_spec.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

std::string text(std::int64_t version) {
  return to_canonical_json(sample_spec(version));
}

inventory_message inventory() {
  inventory_message out{"shop", {{{1}, text(1)}}, {}};
  for (std::uint64_t id : {4, 5})
    out.has.workers.push_back(
      {{{id}, 1}, {1}, nullptr, "back", worker_state::ready, 5});
  app_table table;
  table.app = "shop";
  table.releases = {{{1}, nullptr, {}}};
  out.has.table = std::make_shared<const app_table>(table);
  return out;
}

} // namespace

TEST_CASE("workers and tables get the specs that came with them, and a worker "
          "its own if it has one") {
  auto what = inventory();
  what.other_specs[{5}] = text(2);
  auto named = bind_specs(what);
  REQUIRE(named);
  REQUIRE(named->size() == 1);
  CHECK(*named->at({1}) == sample_spec(1));
  CHECK(*what.has.workers[0].spec == sample_spec(1));
  CHECK(*what.has.workers[1].spec == sample_spec(2));
  CHECK(*what.has.table->releases[0].spec == sample_spec(1));
}

TEST_CASE("a spec that is missing, or cannot be read, is refused") {
  auto refused = [](inventory_message what) {
    auto named = bind_specs(what);
    REQUIRE_FALSE(named);
    CHECK(named.error().code == errc::bad_request);
  };
  auto missing = inventory();
  missing.releases.clear();
  refused(missing);
  missing.has.workers.clear();
  refused(missing);
  auto broken = inventory();
  broken.releases[0].spec = "{";
  refused(broken);
  auto other = inventory();
  other.other_specs[{4}] = "{";
  refused(other);
  auto unnamed = sample_spec(1);
  unnamed.plugin_sha256 = "no hash";
  auto without_hash = inventory();
  without_hash.releases[0].spec = to_canonical_json(unnamed);
  refused(without_hash);
}
