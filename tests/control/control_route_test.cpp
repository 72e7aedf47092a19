#include "control/control_route.hpp"

#include "control/openapi.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace serval;

TEST_CASE("a path's parameters are found") {
  auto match = match_route("POST", "/v1/applications/a/backends/b/scale");
  REQUIRE(match.operation.has_value());
  CHECK(*match.operation == control_operation::scale);
  CHECK(match.parameters[0] == "a");
  CHECK(match.parameters[1] == "b");
}

TEST_CASE("a known path tells which methods it allows") {
  CHECK(match_route("PATCH", "/v1/applications").allow == "GET, HEAD, POST");
  CHECK_FALSE(match_route("PATCH", "/v1/applications").operation.has_value());
  CHECK(match_route("GET", "/v1/applications/a").operation
        == control_operation::get_application);
  CHECK(match_route("HEAD", "/healthz").operation == control_operation::health);
  CHECK_FALSE(match_route("GET", "/v1/artifacts/x").operation.has_value());
}

TEST_CASE("an unknown path allows nothing") {
  for (auto path : {"/", "", "*", "/v1", "/v1/", "/v1/applications/",
                    "/v1/applications/a/", "/v1/applications/a/b", "/healthz/x",
                    "/v2/node", "/v1/applications/a/backends/b"}) {
    CAPTURE(path);
    CHECK(match_route("GET", path).allow.empty());
  }
}

TEST_CASE("openapi.json describes exactly the routes that are served") {
  auto document = boost::json::parse(openapi_json());
  std::set<std::string> described;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& each : path.value().as_object())
      if (each.key() != "parameters") {
        std::string method = each.key();
        std::ranges::transform(method, method.begin(), ::toupper);
        described.insert(method + " " + std::string{path.key()});
        CHECK(each.value().as_object().contains("responses"));
      }
  std::set<std::string> served;
  for (const auto& each : control_routes())
    served.insert(std::string{each.method} + " " + std::string{each.path});
  CHECK(described == served);
}
