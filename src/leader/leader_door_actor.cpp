#include "leader/leader_door_actor.hpp"

#include "leader/sure_reply.hpp"

#include <caf/send.hpp>

namespace serval {

namespace {

class actor_door final : public leader_door {
public:
  explicit actor_door(caf::actor leader) : leader_(std::move(leader)) {
    // nop
  }

  ~actor_door() override {
    caf::anon_send_exit(leader_, caf::exit_reason::user_shutdown);
  }

  void deploy(command_header header, app_spec spec,
              reply<app_status> on_reply) override {
    auto app = spec.name;
    order(std::move(header), std::move(app), deploy_release{std::move(spec)},
          std::move(on_reply));
  }

  void scale(command_header header, std::string app, std::string backend,
             std::uint32_t workers, reply<app_status> on_reply) override {
    order(std::move(header), std::move(app),
          scale_backend{std::move(backend), workers}, std::move(on_reply));
  }

  void remove(command_header header, std::string app,
              reply<void> on_reply) override {
    order(std::move(header), std::move(app), delete_application{},
          [on_reply = std::move(on_reply)](const result<app_status>& how) {
            on_reply(how ? result<void>{} : result<void>{how.error()});
          });
  }

  void adopt(command_header header, std::string app,
             reply<app_status> on_reply) override {
    order(std::move(header), std::move(app), adopt_orphans{},
          std::move(on_reply));
  }

  void discard(command_header header, std::string app,
               reply<app_status> on_reply) override {
    order(std::move(header), std::move(app), discard_orphans{},
          std::move(on_reply));
  }

  void restart_app_master(command_header header, std::string app,
                          reply<app_status> on_reply) override {
    auto reply = sure(app, std::move(on_reply));
    caf::anon_send(leader_, leader_restart{std::move(header), std::move(app),
                                           std::move(reply)});
  }

  void list(reply<std::vector<app_status>> on_reply) override {
    caf::anon_send(leader_,
                   leader_listing{make_sure<std::vector<app_status>>(
                     std::move(on_reply), {errc::unavailable,
                                           "the control plane has stopped"})});
  }

  void status(std::string app, reply<app_status> on_reply) override {
    auto reply = sure(app, std::move(on_reply));
    caf::anon_send(leader_,
                   leader_question{std::move(app), {std::move(reply)}});
  }

  void explain(std::string app,
               reply<std::vector<decision>> on_reply) override {
    auto reply = make_sure<std::vector<decision>>(std::move(on_reply),
                                                  no_answer(app));
    caf::anon_send(leader_,
                   leader_inquiry{std::move(app), {std::move(reply)}});
  }

  void rest(std::string reason, std::function<void()> done) override {
    caf::anon_send(leader_, leader_rest{std::move(reason), std::move(done)});
  }

  void resume() override {
    caf::anon_send(leader_, leader_resume{});
  }

private:
  static app_reply sure(const std::string& app, app_reply on_reply) {
    return make_sure<app_status>(std::move(on_reply), no_answer(app));
  }

  template <class What>
  void order(command_header header, std::string app, What what,
             app_reply on_reply) {
    auto reply = sure(app, std::move(on_reply));
    app_command command{{std::move(header.operation_id),
                         std::move(header.who), std::move(header.reason)},
                        std::move(what)};
    caf::anon_send(leader_,
                   leader_order{std::move(app),
                                {std::move(command), std::move(reply)}});
  }

  caf::actor leader_;
};

} // namespace

std::unique_ptr<leader_door> make_leader_door(caf::actor leader) {
  return std::make_unique<actor_door>(std::move(leader));
}

error no_answer(const std::string& app) {
  return {errc::unavailable, "the app_master of application \"" + app
                               + "\" has ended; try again, a command with "
                                 "the same operation id"};
}

} // namespace serval
