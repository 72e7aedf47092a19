#include "backend/backend_confinement.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

using paths = std::vector<std::string>;

app_spec two_backends() {
  app_spec app;
  app.config["data_dir"] = "/srv/data";
  backend_spec a;
  a.name = "a";
  a.read = {"/opt/models", "${data_dir}"};
  backend_spec b;
  b.name = "b";
  b.read = {"${data_dir}"};
  app.backends = {a, b};
  return app;
}

} // namespace

TEST_CASE("a backend is in the sandbox unless its spec says otherwise") {
  auto app = two_backends();
  auto how = confinement_of(app, app.backends[0]);
  CHECK(how.strict);
  CHECK(how.read == paths{"/opt/models", "/srv/data"});
  app.backends[0].sandbox = sandbox::none;
  CHECK_FALSE(confinement_of(app, app.backends[0]).strict);
}

TEST_CASE("memory ends at four times what a backend should have, and stacks") {
  auto app = two_backends();
  auto& a = app.backends[0];
  CHECK(confinement_of(app, a).memory_max_bytes == 0);
  a.memory_bytes = 64 << 20;
  CHECK(confinement_of(app, a).memory_max_bytes == (256 << 20) + stacks_bytes);
  CHECK(probe_confinement(app).memory_max_bytes == 0);
  app.backends[1].memory_bytes = 32 << 20;
  CHECK(probe_confinement(app).memory_max_bytes == (256 << 20) + stacks_bytes);
}

TEST_CASE("the trial of a plugin may read what any of its backends may") {
  auto how = probe_confinement(two_backends());
  CHECK(how.strict);
  CHECK(how.read == paths{"/opt/models", "/srv/data"});
}

TEST_CASE("the trial of a plugin is as free as its freest backend") {
  auto app = two_backends();
  app.backends[1].sandbox = sandbox::none;
  CHECK_FALSE(probe_confinement(app).strict);
  app = two_backends();
  app.backends[1].isolation = isolation::in_line;
  CHECK_FALSE(probe_confinement(app).strict);
}
