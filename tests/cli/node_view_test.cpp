#include "cli/node_view.hpp"

#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("nodes are shown with what they are and have") {
  node_status first;
  first.facts = {"a",   "east", "10.0.0.1:9460", "", "", "1.0", {"gpu", "ssd"},
                 7.5,   std::uint64_t{8} << 30};
  first.leads = true;
  first.workers = 12;
  node_status second;
  second.facts.name = "b";
  second.state = node_state::suspect;
  CHECK(render_nodes({first, second})
        == "NODE       STATE    WORKERS  CPU  MEMORY   ZONE  LABELS   ADDRESS"
           "        VERSION\n"
           "a (leads)  ready    12       7.5  8192MiB  east  gpu,ssd  "
           "10.0.0.1:9460  1.0\n"
           "b          suspect  0        0    0MiB     -     -        -"
           "              -\n");
}
