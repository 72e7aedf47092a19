#include "control/node_json.hpp"

#include <boost/json.hpp>

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("nodes are read back as they were written") {
  node_status node;
  node.facts = {"a",   "east", "10.0.0.1:9460", "10.0.0.1:9470", {},
                "1.0", {"gpu"}, 7.5,            std::uint64_t{8} << 30};
  node.state = node_state::draining;
  node.since = std::chrono::seconds{5};
  node.workers = 3;
  node.leads = true;
  auto read = parse_nodes_json(boost::json::serialize(to_json({node})));
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  const auto& back = read->front();
  CHECK(back.facts == node.facts);
  CHECK(back.state == node.state);
  CHECK(back.since == node.since);
  CHECK(back.workers == 3);
  CHECK(back.leads);
  CHECK(!parse_nodes_json("{\"nodes\":[{\"name\":1}]}"));
}
