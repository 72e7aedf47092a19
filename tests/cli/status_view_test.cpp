#include "cli/status_view.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

app_status sample() {
  app_status status;
  status.name = "running";
  status.route = "/r";
  status.release.value = 3;
  status.release_hash = "0123456789abcdef";
  status.state = app_state::running;
  status.backends
    = {{"bank", backend_state::updating, 2, 1, "one starts", {}},
       {"leaf", backend_state::healthy, 4, 4, "", {}}};
  status.backends[0].workers = {{worker_id{1}, "ready", 42, 0, ""},
                                {worker_id{2}, "starting", 0, 1, "x\x1b"}};
  return status;
}

} // namespace

TEST_CASE("the list has a line per application") {
  CHECK(render_list({sample()}, false)
        == "NAME     ROUTE  RELEASE  READY  STATE    MESSAGE\n"
           "running  /r     3        5/6    running\n");
  CHECK(render_list({}, false).find("serval deploy") != std::string::npos);
}

TEST_CASE("only the state is coloured, and only when asked for") {
  auto text = render_list({sample()}, true);
  CHECK(text.find("running  /r     3        5/6    \x1b[32mrunning\x1b[0m")
        != std::string::npos);
  CHECK(render_application(sample(), false).find('\x1b') == std::string::npos);
}

TEST_CASE("in a cluster a worker shows on which node it is") {
  auto status = sample();
  status.backends[0].workers[0].node = "n2";
  auto text = render_application(status, false);
  CHECK(text.ends_with(
    "WORKER  BACKEND  STATE     NODE  PID  RESTARTS  MESSAGE\n"
    "1       bank     ready     n2    42   0\n"
    "2       bank     starting  -     -    1         x?\n"));
}

TEST_CASE("an application that never served shows why, and no empty table") {
  app_status status;
  status.name = "a";
  status.state = app_state::deploy_failed;
  status.release.value = 1;
  status.release_hash = "00";
  status.message = "no model";
  CHECK(render_application(status, false)
        == "a  deploy_failed  release 1 (00)\n  no model\n");
}

TEST_CASE("an application shows its backends and workers") {
  auto status = sample();
  status.message = "two of three";
  status.warnings = {"cannot unload"};
  CHECK(render_application(status, false)
        == "running  running  release 3 (0123456789ab)  /r\n"
           "  two of three\n"
           "  warning: cannot unload\n"
           "\n"
           "BACKEND  STATE     READY  MESSAGE\n"
           "bank     updating  1/2    one starts\n"
           "leaf     healthy   4/4\n"
           "\n"
           "WORKER  BACKEND  STATE     PID  RESTARTS  MESSAGE\n"
           "1       bank     ready     42   0\n"
           "2       bank     starting  -    1         x?\n");
}
