#pragma once

#include "leader/control_plane.hpp"

#include <string>
#include <utility>
#include <vector>

namespace serval {

/// Knows the application "a" with a backend "b", and remembers what it is
/// asked.
class fake_plane : public control_plane {
public:
  command_header last_header;
  app_spec last_spec;
  std::uint32_t last_workers = 0;
  std::string last_removed;
  std::string last_restarted;
  std::string last_adopted;
  std::string last_discarded;

  void deploy(command_header header, app_spec spec,
              reply<app_status> on_reply) override {
    last_header = header;
    last_spec = spec;
    on_reply(status_of(spec.name));
  }

  void scale(command_header header, std::string app, std::string,
             std::uint32_t workers, reply<app_status> on_reply) override {
    last_header = header;
    last_workers = workers;
    status(app, on_reply);
  }

  void remove(command_header header, std::string app,
              reply<void> on_reply) override {
    last_header = header;
    last_removed = app;
    on_reply(app == "a" ? result<void>{} : result<void>{unknown()});
  }

  void adopt(command_header header, std::string app,
             reply<app_status> on_reply) override {
    last_header = header;
    last_adopted = app;
    status(app, on_reply);
  }

  void discard(command_header header, std::string app,
               reply<app_status> on_reply) override {
    last_header = header;
    last_discarded = app;
    status(app, on_reply);
  }

  void restart_app_master(command_header header, std::string app,
                          reply<app_status> on_reply) override {
    last_header = header;
    last_restarted = app;
    status(app, on_reply);
  }

  void list(reply<std::vector<app_status>> on_reply) override {
    on_reply(std::vector{status_of("a")});
  }

  void status(std::string app, reply<app_status> on_reply) override {
    if (app == "a")
      on_reply(status_of(app));
    else
      on_reply(unknown());
  }

  void explain(std::string app,
               reply<std::vector<decision>> on_reply) override {
    if (app == "a")
      on_reply(std::vector{decision{1, {}, 1, "worker b/1", "stop it", "old"}});
    else
      on_reply(unknown());
  }

private:
  static error unknown() {
    return {errc::not_found, "there is no such application"};
  }

  static app_status status_of(std::string name) {
    app_status status;
    status.name = std::move(name);
    status.backends = {{"b", backend_state::healthy, 2, 2, "", {}}};
    return status;
  }
};

} // namespace serval
