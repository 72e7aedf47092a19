// Goal: the metrics say how a node's peers and its cluster are. Method: the
// text that /metrics answers with, after what links and the leader told.
#include "node/cluster_watch.hpp"

#include <doctest/doctest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

using namespace serval;

namespace {

struct watched {
  prometheus::Registry registry;
  cluster_watch watch{registry};

  bool shows(const std::string& line) const {
    auto text = prometheus::TextSerializer{}.Serialize(registry.Collect());
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
  }
};

member in(node_state state) {
  member out;
  out.state = state;
  return out;
}

} // namespace

TEST_CASE("links to a peer are counted while they are up, and each loss once") {
  watched rig;
  rig.watch.on_link("b", link_event::up);
  rig.watch.on_link("b", link_event::up);
  rig.watch.on_link("c", link_event::up);
  CHECK(rig.shows(R"(serval_peer_links{peer="b"} 2)"));
  rig.watch.on_link("b", link_event::lost);
  rig.watch.on_link("c", link_event::ended);
  CHECK(rig.shows(R"(serval_peer_links{peer="b"} 1)"));
  CHECK(rig.shows(R"(serval_peer_links{peer="c"} 0)"));
  CHECK(rig.shows(R"(serval_peer_links_lost_total{peer="b"} 1)"));
  CHECK_FALSE(rig.shows(R"(serval_peer_links_lost_total{peer="c"} 1)"));
}

TEST_CASE("nodes are counted by state while this one leads") {
  watched rig;
  rig.watch.update({{"a", in(node_state::ready)},
                    {"b", in(node_state::ready)},
                    {"c", in(node_state::lost)}});
  CHECK(rig.shows(R"(serval_nodes{state="ready"} 2)"));
  CHECK(rig.shows(R"(serval_nodes{state="lost"} 1)"));
  CHECK(rig.shows(R"(serval_nodes{state="suspect"} 0)"));
  rig.watch.update({});
  CHECK(rig.shows(R"(serval_nodes{state="ready"} 0)"));
}
