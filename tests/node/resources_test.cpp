#include "node/resources.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

using namespace serval;

TEST_CASE("what is left to the machine is filled in") {
  node_config config;
  auto lowered = fit(config, {1'000'000, 16ull << 30});
  CHECK(lowered.empty());
  CHECK(config.http.connections_max == 10'000);
  CHECK(config.http.connections_per_address_max == 5000);
  CHECK(config.node.memory_max.value == 12ull << 30);
}

TEST_CASE("what the operator says is kept") {
  node_config config;
  config.http.connections_per_address_max = 7;
  config.node.memory_max.value = 64 << 20;
  CHECK(fit(config, {1'000'000, 16ull << 30}).empty());
  CHECK(config.http.connections_per_address_max == 7);
  CHECK(config.node.memory_max.value == 64 << 20);
}

TEST_CASE("connections leave descriptors for everything else") {
  node_config config;
  auto lowered = fit(config, {256, 0});
  REQUIRE(lowered.size() == 1);
  CHECK(lowered[0].find("ulimit") != std::string::npos);
  CHECK(config.http.connections_max == 192);
  CHECK(config.http.connections_per_address_max == 96);
}

TEST_CASE("the process gets all descriptors that it may have") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  auto lowered = before;
  lowered.rlim_cur = before.rlim_max / 2;
  ::setrlimit(RLIMIT_NOFILE, &lowered);
  auto found = claim_resources();
  CHECK(found.descriptors == before.rlim_max);
  CHECK(found.memory_bytes > 0);
  ::setrlimit(RLIMIT_NOFILE, &before);
}
