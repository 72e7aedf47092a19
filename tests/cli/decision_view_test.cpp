#include "cli/decision_view.hpp"

#include <doctest/doctest.h>

using namespace serval;
using namespace std::chrono_literals;

TEST_CASE("the last decisions are shown, the newest last") {
  std::vector<decision> all = {
    {1, 50h, 1, "release 1", "let it serve", "all is ready"},
    {2, 90min, 1, "backend bank", "start 2 workers", "4 wanted"},
    {3, 90s, 1, "worker bank/3", "stop it", "it hangs"},
    {4, 1234ms, 12, "worker bank/4", "start it again", "exit\x1b 3"}};
  CHECK(render_decisions(all, 2)
        == "AGO   TIMES  ABOUT          DECIDED         BECAUSE\n"
           "90s   1      worker bank/3  stop it         it hangs\n"
           "1.2s  12     worker bank/4  start it again  exit? 3\n");
  auto text = render_decisions(all, 100);
  CHECK(text.find("\n2d ") != std::string::npos);
  CHECK(text.find("\n90m ") != std::string::npos);
}

TEST_CASE("an app_master that has decided nothing says so") {
  CHECK(render_decisions({}, 20).find("nothing was decided")
        != std::string::npos);
}
