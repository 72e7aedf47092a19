#include "leader/leader_actor.hpp"

#include "spec/spec_validate.hpp"

#include <caf/send.hpp>

namespace serval {

namespace {

/// An embedded store has one opener, so nobody else can ask for the lease
/// before this node gives it up.
constexpr duration lease_time = std::chrono::hours{24};

/// What the store knew when this node began to lead.
struct recovered_state {
  serval::epoch epoch;
  std::vector<std::string> applications;
};

// -- control_plane → leader ---------------------------------------------------

struct leader_order {
  std::string app;
  app_order order;
};

struct leader_question {
  std::string app;
  app_question question;
};

struct leader_listing {
  control_plane::reply<std::vector<app_status>> on_reply;
};

// -- store and app_masters → leader -------------------------------------------

struct leader_recovered {
  std::shared_ptr<const result<recovered_state>> state;
};

struct routes_changed {
  std::string app;
  std::set<std::string> routes;
};

struct deploy_over {
  std::uint64_t ticket = 0;
};

struct listing_part {
  std::uint64_t listing = 0;
  std::shared_ptr<const result<app_status>> status;
};

} // namespace

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_listing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::leader_recovered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::routes_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::deploy_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::listing_part)

namespace serval {

namespace {

/// LEADER: keeps the catalog of applications and an app_master for each.
class leader_actor final : public loop_actor {
public:
  leader_actor(caf::actor_config& config, leader_setup setup)
    : loop_actor(config), setup_(std::move(setup)) {
    // nop
  }

  const char* name() const override {
    return "leader";
  }

  caf::behavior make_behavior() override {
    set_down_handler([this](const caf::down_msg& down) { lost(down); });
    begin_to_lead();
    return {
      [this](leader_order& order) {
        if (wait_for_recovery(order))
          take(order);
      },
      [this](leader_question& question) {
        if (wait_for_recovery(question))
          ask(question.app, question.question);
      },
      [this](leader_listing& listing) {
        if (wait_for_recovery(listing))
          list(listing);
      },
      [this](const leader_recovered& recovered) { take(*recovered.state); },
      [this](routes_changed& changed) {
        catalog_.hold(changed.app, std::move(changed.routes));
        stop_waiting_for(changed.app);
      },
      [this](const deploy_over& over) {
        catalog_.end_reservation(over.ticket);
      },
      [this](const listing_part& part) { take(part); },
    };
  }

  void on_exit() override {
    for (auto& [name, master] : masters_)
      anon_send_exit(master, caf::exit_reason::user_shutdown);
    masters_.clear();
  }

private:
  struct open_listing {
    std::size_t missing = 0;
    std::map<std::string, app_status> found;
    control_plane::reply<std::vector<app_status>> on_reply;
  };

  /// Whether the message can be handled now; else it is kept.
  template <class Message>
  bool wait_for_recovery(Message& message) {
    if (!leads_)
      early_.push_back(caf::make_message(std::move(message)));
    return leads_;
  }

  void begin_to_lead() {
    setup_.run_blocking([&store = setup_.store, node = setup_.node,
                         self = caf::actor{this}] {
      auto answer = [&](result<recovered_state> state) {
        caf::anon_send(self, leader_recovered{
                               std::make_shared<const result<recovered_state>>(
                                 std::move(state))});
      };
      auto lease = store.lease(node, lease_time);
      if (!lease)
        return answer(lease.error());
      auto names = store.applications();
      if (!names)
        return answer(names.error());
      answer(recovered_state{lease->epoch, std::move(*names)});
    });
  }

  void take(const result<recovered_state>& state) {
    if (!state) {
      setup_.on_recovered(state.error());
      return;
    }
    epoch_ = state->epoch;
    for (const auto& app : state->applications) {
      recovering_.insert(app);
      spawn_master(app);
    }
    stop_waiting_for({});
  }

  /// Commands wait until all routes are known.
  void stop_waiting_for(const std::string& app) {
    recovering_.erase(app);
    if (leads_ || !recovering_.empty())
      return;
    leads_ = true;
    setup_.on_recovered({});
    for (auto& message : std::exchange(early_, {}))
      send(this, std::move(message));
  }

  caf::actor spawn_master(const std::string& app) {
    auto number = catalog_.add(app);
    app_master_setup setup{
      {app, worker_id{number * ids_per_app + 1},
       setup_.seed + number * 7919, setup_.supervision},
      epoch_,
      setup_.store,
      setup_.workers,
      setup_.run_blocking,
      setup_.wall_clock,
      [self = caf::actor_cast<caf::actor_addr>(caf::actor{this}),
       app](std::set<std::string> routes) {
        if (auto leader = caf::actor_cast<caf::actor>(self))
          caf::anon_send(leader, routes_changed{app, std::move(routes)});
      },
      setup_.log};
    auto master
      = spawn_at<app_master_actor>(system(), home(), std::move(setup));
    monitor(master);
    return masters_[app] = master;
  }

  /// The app_master of `app`; null, and an answer, if there is none.
  caf::actor find_master(const std::string& app, const app_reply& on_reply) {
    if (auto found = masters_.find(app); found != masters_.end())
      return found->second;
    if (catalog_.contains(app))
      on_reply(error{errc::unavailable,
                     "the app_master of application \"" + app
                       + "\" has failed; its workers serve on, but it can be "
                         "changed only after a restart of the daemon"});
    else
      on_reply(error{errc::not_found, "there is no application \"" + app
                                        + "\"; deploy it first"});
    return nullptr;
  }

  void take(leader_order& order) {
    auto* deploy = std::get_if<deploy_release>(&order.order.command.what);
    if (deploy != nullptr && !admit(deploy->spec, order))
      return;
    if (auto master = find_master(order.app, order.order.on_reply))
      send(master, std::move(order.order));
  }

  /// Reserves what a deploy needs, or answers why not.
  bool admit(const app_spec& spec, leader_order& order) {
    if (auto problems = validate(spec); !problems.empty()) {
      order.order.on_reply(
        to_error(problems, "application \"" + spec.name + "\""));
      return false;
    }
    auto ticket = ++last_ticket_;
    if (auto free = catalog_.reserve(order.app, spec.route, ticket); !free) {
      order.order.on_reply(free.error());
      return false;
    }
    if (!catalog_.contains(order.app))
      spawn_master(order.app);
    order.order.on_reply
      = [self = caf::actor{this}, ticket,
         on_reply = std::move(order.order.on_reply)](result<app_status> how) {
          caf::anon_send(self, deploy_over{ticket});
          on_reply(std::move(how));
        };
    return true;
  }

  void ask(const std::string& app, app_question& question) {
    if (auto master = find_master(app, question.on_reply))
      send(master, std::move(question));
  }

  void list(leader_listing& listing) {
    if (masters_.empty()) {
      listing.on_reply(std::vector<app_status>{});
      return;
    }
    auto number = ++last_ticket_;
    listings_[number] = {masters_.size(), {}, std::move(listing.on_reply)};
    for (auto& [name, master] : masters_)
      send(master,
           app_question{[self = caf::actor{this}, number](auto status) {
             caf::anon_send(
               self, listing_part{number,
                                  std::make_shared<const result<app_status>>(
                                    std::move(status))});
           }});
  }

  void take(const listing_part& part) {
    auto found = listings_.find(part.listing);
    if (found == listings_.end())
      return;
    auto& listing = found->second;
    // A deleted application answers that it does not exist.
    if (*part.status)
      listing.found[(*part.status)->name] = **part.status;
    if (--listing.missing > 0)
      return;
    std::vector<app_status> all;
    for (auto& [name, status] : listing.found)
      all.push_back(std::move(status));
    listing.on_reply(std::move(all));
    listings_.erase(found);
  }

  /// An app_master is gone. To start another one beside workers that it does
  /// not know would start them all again.
  void lost(const caf::down_msg& down) {
    for (auto& [name, master] : masters_)
      if (master.address() == down.source) {
        setup_.log("the app_master of application \"" + name
                   + "\" has failed; its workers serve on, but are neither "
                     "watched nor changed until the daemon is restarted");
        auto gone = name;
        masters_.erase(gone);
        stop_waiting_for(gone);
        return;
      }
  }

  static constexpr std::uint64_t ids_per_app = 1'000'000;

  leader_setup setup_;
  bool leads_ = false;
  /// Applications whose journals are still being read.
  std::set<std::string> recovering_;
  serval::epoch epoch_;
  catalog catalog_;
  std::map<std::string, caf::actor, std::less<>> masters_;
  std::vector<caf::message> early_;
  std::map<std::uint64_t, open_listing> listings_;
  std::uint64_t last_ticket_ = 0;
};

/// The door to the leader for any thread.
class leader_door final : public control_plane {
public:
  explicit leader_door(caf::actor leader) : leader_(std::move(leader)) {
    // nop
  }

  ~leader_door() override {
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

  void list(reply<std::vector<app_status>> on_reply) override {
    caf::anon_send(leader_, leader_listing{std::move(on_reply)});
  }

  void status(std::string app, reply<app_status> on_reply) override {
    caf::anon_send(leader_, leader_question{std::move(app),
                                            {std::move(on_reply)}});
  }

private:
  template <class What>
  void order(command_header header, std::string app, What what,
             app_reply on_reply) {
    app_command command{{std::move(header.operation_id),
                         std::move(header.who), std::move(header.reason)},
                        std::move(what)};
    caf::anon_send(leader_,
                   leader_order{std::move(app),
                                {std::move(command), std::move(on_reply)}});
  }

  caf::actor leader_;
};

} // namespace

std::unique_ptr<control_plane> start_leader(caf::actor_system& system,
                                            loop* home, leader_setup setup) {
  return std::make_unique<leader_door>(
    spawn_at<leader_actor>(system, home, std::move(setup)));
}

} // namespace serval
