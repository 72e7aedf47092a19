#include "cli/deploy_watch.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

using kind = deploy_verdict::kind;

app_status status_of(app_state state, std::uint64_t release,
                     std::string message = "") {
  app_status status;
  status.state = state;
  status.release.value = release;
  status.message = std::move(message);
  status.backends = {{"b", backend_state::updating, 2, 1, "", {}}};
  return status;
}

kind judge(app_state state, std::uint64_t release) {
  return judge_deploy(status_of(state, release), release_number{2}).what;
}

} // namespace

TEST_CASE("a deploy is over when its own release serves") {
  CHECK(judge(app_state::running, 2) == kind::serves);
  CHECK(judge(app_state::running, 1) == kind::waiting);
  CHECK(judge(app_state::deploying, 2) == kind::waiting);
  CHECK(judge(app_state::unhealthy, 2) == kind::waiting);
}

TEST_CASE("a deploy that failed says why") {
  auto verdict = judge_deploy(
    status_of(app_state::deploy_failed, 1, "it crashed"), release_number{2});
  CHECK(verdict.what == kind::failed);
  CHECK(verdict.text == "it crashed");
  CHECK(judge(app_state::deleting, 2) == kind::failed);
  CHECK(judge(app_state::running, 3) == kind::failed);
}

TEST_CASE("progress names the backends that are not ready yet") {
  auto verdict = judge_deploy(
    status_of(app_state::deploying, 2, "warming up"), release_number{2});
  CHECK(verdict.text == "b 1/2; warming up");
}
