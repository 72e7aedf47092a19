#include "control/leadership_json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace serval;

TEST_CASE("what a node is to the control plane is read back") {
  for (auto role : {leader_role::starting, leader_role::following,
                    leader_role::recovering, leader_role::leading}) {
    leadership_view view{role, {7}, "n1", "127.0.0.1:9470", {}, "because"};
    boost::json::object node{{"name", "n2"}, {"control_plane", to_json(view)}};
    auto read = parse_leadership_json(boost::json::serialize(node));
    REQUIRE(read);
    CHECK(*read == view);
  }
}

TEST_CASE("a node of before there was a leader is not understood") {
  CHECK(parse_leadership_json(R"({"name": "n2"})").error().code
        == errc::corrupt);
}
