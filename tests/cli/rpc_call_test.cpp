#include "cli/rpc_call.hpp"

#include "link/rpc_test_server.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("an answer over RPC comes back as its bytes") {
  rpc_test_server server;
  std::string body("a\0b\r\n", 5);
  auto answer = call_over_rpc(server.address(), "echo", body, {});
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == body);
  CHECK(answer->trouble.empty());
}

TEST_CASE("a failure over RPC has a status, a reason and no body") {
  rpc_test_server server;
  for (auto [app, timeout] : {std::pair{"reject", duration{10s}},
                              std::pair{"silent", duration{50ms}},
                              std::pair{"nobody", duration{10s}}}) {
    CAPTURE(app);
    auto answer = call_over_rpc(server.address(), app, "x", timeout);
    REQUIRE(answer);
    CHECK(answer->status >= 400);
    CHECK(answer->body.empty());
    CHECK_FALSE(answer->trouble.empty());
  }
}

TEST_CASE("nobody there is an error that says so") {
  std::string address;
  {
    rpc_test_server server;
    address = server.address();
  }
  auto answer = call_over_rpc(address, "echo", "x", {});
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().message.find(address) != std::string::npos);
}
