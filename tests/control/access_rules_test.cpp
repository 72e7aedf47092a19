#include "control/access_rules.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

using reach = access_need::reach;

route_match match_of(control_operation operation) {
  route_match match;
  match.operation = operation;
  match.parameters[0] = "judge";
  return match;
}

} // namespace

TEST_CASE("the probes alone are open to everybody") {
  for (const auto& each : control_routes()) {
    auto open = each.operation == control_operation::health
                || each.operation == control_operation::readiness;
    CAPTURE(each.path);
    CHECK(need_of(match_of(each.operation)).has_value() == !open);
  }
  CHECK(need_of(route_match{}).has_value());
}

TEST_CASE("what changes something needs more than reading does") {
  for (const auto& each : control_routes()) {
    auto need = need_of(match_of(each.operation));
    if (!need || each.method == "GET" || each.method == "HEAD")
      continue;
    CAPTURE(each.path);
    auto of_a_node = each.path.starts_with("/v1/node");
    CHECK(need->scope
          == (each.method == "DELETE" || of_a_node
                  || each.operation == control_operation::discard_orphans
                  || each.operation == control_operation::back_up
                ? token_scope::admin
                : token_scope::deploy));
  }
}

TEST_CASE("what names an application in its path needs a token for that one") {
  for (const auto& each : control_routes()) {
    if (!each.path.starts_with("/v1/applications/{name}"))
      continue;
    CAPTURE(each.path);
    auto need = need_of(match_of(each.operation));
    REQUIRE(need.has_value());
    CHECK(need->applications == reach::one);
    CHECK(need->application == "judge");
  }
}

TEST_CASE("metrics, which tell of every application, need a token for all") {
  auto need = need_of(match_of(control_operation::metrics));
  REQUIRE(need.has_value());
  CHECK(need->applications == reach::all);
}
