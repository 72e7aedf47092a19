#include "app_master/app_master_rig.hpp"

using namespace serval;
using namespace std::chrono_literals;

namespace {

/// Finishes all that the node was told, and reports it.
void finish_all(app_master_rig& rig) {
  std::vector<worker_key> keys;
  for (const auto& [key, body] : rig.bodies)
    keys.push_back(key);
  for (auto key : keys)
    rig.finish(key);
  while (!rig.inbox.empty())
    rig.deliver();
}

} // namespace

TEST_CASE("a worker that dies while its release leaves is not started again") {
  app_master_rig rig;
  rig.command(deploy_release{sample_spec(1)});
  rig.settle();
  rig.command(deploy_release{sample_spec(2)});
  rig.settle();
  REQUIRE(rig.core->desired().serving->number.value == 2);
  auto old = rig.bodies_of("back", release_number{1});
  REQUIRE(old.size() == 2);
  auto started = 0;
  rig.start_fails = [&](const worker_order&) {
    ++started;
    return std::string{};
  };
  rig.crash_body(old.front());
  rig.settle();
  CHECK(started == 0);
  CHECK(rig.bodies_of("back", release_number{1}).size() == 1);
}

TEST_CASE("a release that is scaled while it comes up takes over with all of "
          "its workers") {
  app_master_rig rig;
  rig.lazy = true;
  rig.command(deploy_release{sample_spec(1)});
  rig.finish_append();
  rig.deliver();
  REQUIRE(rig.bodies.size() == 3);
  // On its way to the journal while the first workers become ready.
  rig.command(scale_backend{"back", 5});
  finish_all(rig);
  rig.finish_append();
  CHECK_FALSE(rig.append);
  REQUIRE(rig.bodies.size() == 6);
  finish_all(rig);
  REQUIRE(rig.append);
  rig.finish_append();
  CHECK(rig.core->desired().serving);
}
