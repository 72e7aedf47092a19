#include "leader/term_actor.hpp"

#include "leader/catalog.hpp"
#include "leader/job_lane.hpp"
#include "leader/leader_door_actor.hpp"
#include "leader/master_restarts.hpp"
#include "leader/sure_reply.hpp"
#include "leader/term_numbers.hpp"
#include "spec/spec_validate.hpp"

#include <caf/actor_clock.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace serval {

namespace {

// -- store, clock and app_masters → term --------------------------------------

struct applications_read {
  std::shared_ptr<const result<std::vector<std::string>>> names;
};

struct applications_found {
  std::vector<std::string> names;
};

struct routes_changed {
  std::string app;
  std::set<std::string> routes;
};

struct deploy_over {
  std::uint64_t ticket = 0;
};

/// An app_master that failed is to start again.
struct master_due {
  std::string app;
};

struct listing_part {
  std::uint64_t listing = 0;
  std::shared_ptr<const result<app_status>> status;
};

} // namespace

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::applications_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::applications_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::routes_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::deploy_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::master_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::listing_part)

namespace serval {

namespace {

std::string text_of(const caf::error& reason) {
  const auto& context = reason.context();
  if (context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return "it ended";
}

error no_application(const std::string& app) {
  return {errc::not_found,
          "there is no application \"" + app + "\"; deploy it first"};
}

/// TERM: keeps the catalog of applications and an app_master for each, for as
/// long as its node leads.
class term_actor final : public loop_actor {
public:
  term_actor(caf::actor_config& config, term_setup setup)
    : loop_actor(config),
      epoch_(setup.epoch),
      leads_(std::move(setup.leads)),
      on_recovered_(std::move(setup.on_recovered)),
      setup_(std::move(setup.shared)),
      restarts_({5, std::chrono::minutes{1}, setup_.supervision},
                setup_.seed) {
    // nop
  }

  const char* name() const override {
    return "term";
  }

  caf::behavior make_behavior() override {
    set_down_handler([this](const caf::down_msg& down) { take(down); });
    read_applications();
    return {
      [this](leader_order& order) {
        if (wait_for_recovery(order))
          take(order);
      },
      [this](leader_question& question) {
        if (wait_for_recovery(question))
          ask(question.app, question.question);
      },
      [this](leader_inquiry& inquiry) {
        if (wait_for_recovery(inquiry))
          ask(inquiry.app, inquiry.inquiry);
      },
      [this](leader_listing& listing) {
        if (wait_for_recovery(listing))
          list(listing);
      },
      [this](leader_restart& restart) {
        if (wait_for_recovery(restart))
          take(restart);
      },
      [this](const applications_read& read) { take(*read.names); },
      [this](const applications_found& found) { take(found); },
      [this](routes_changed& changed) {
        catalog_.hold(changed.app, std::move(changed.routes));
        stop_waiting_for(changed.app);
      },
      [this](const deploy_over& over) {
        catalog_.end_reservation(over.ticket);
      },
      [this](const master_due& due) { restart_if_due(due.app); },
      [this](const listing_part& part) { take(part); },
    };
  }

  void on_exit() override {
    for (auto& [name, place] : masters_)
      anon_send_exit(place.master, caf::exit_reason::user_shutdown);
    masters_.clear();
    early_.clear();
    listings_.clear();
  }

private:
  /// Where an application has its app_master.
  struct master_place {
    /// Null from its failure until another starts.
    caf::actor master;
    std::shared_ptr<job_lane> lane;
    std::shared_ptr<handover_place> left = std::make_shared<handover_place>();
    /// An operator has it ended, to start another.
    bool asked_to_end = false;
    /// Who waits for the other.
    std::vector<app_reply> on_restarted;
  };

  struct open_listing {
    std::size_t missing = 0;
    std::map<std::string, app_status> found;
    control_plane::reply<std::vector<app_status>> on_reply;
  };

  /// Whether the message can be handled now; else it is kept.
  template <class Message>
  bool wait_for_recovery(Message& message) {
    if (!recovered_)
      early_.push_back(caf::make_message(std::move(message)));
    return recovered_;
  }

  void read_applications() {
    setup_.run_blocking([&store = setup_.store, self = caf::actor{this}] {
      caf::anon_send(
        self,
        applications_read{
          std::make_shared<const result<std::vector<std::string>>>(
            store.applications())});
    });
  }

  void take(const result<std::vector<std::string>>& names) {
    if (!names) {
      on_recovered_(names.error());
      return;
    }
    for (const auto& app : *names)
      recover(app);
    setup_.workers.list(epoch_, [self = caf::actor_cast<caf::actor_addr>(
                                   caf::actor{this})](
                                  std::vector<std::string> running) {
      if (auto term = caf::actor_cast<caf::actor>(self))
        caf::anon_send(term, applications_found{std::move(running)});
    });
  }

  /// What runs and is not in the store is not ended, but shown as orphans.
  void take(const applications_found& found) {
    for (const auto& app : found.names)
      if (!catalog_.contains(app))
        recover(app);
    all_known_ = true;
    stop_waiting_for({});
  }

  void recover(const std::string& app) {
    recovering_.insert(app);
    spawn_master(app);
  }

  /// Commands wait until all routes are known.
  void stop_waiting_for(const std::string& app) {
    recovering_.erase(app);
    if (recovered_ || !all_known_ || !recovering_.empty())
      return;
    recovered_ = true;
    on_recovered_({});
    for (auto& message : std::exchange(early_, {}))
      send(this, std::move(message));
  }

  caf::actor spawn_master(const std::string& app) {
    auto number = catalog_.add(app);
    auto& place = masters_[app];
    if (!place.lane)
      place.lane = std::make_shared<job_lane>(setup_.run_blocking);
    auto [first_worker, first_table] = numbers_of(epoch_, number);
    app_master_setup setup{
      {app, first_worker, first_table, setup_.seed + number * 7919,
       setup_.supervision},
      epoch_,
      leads_,
      setup_.store,
      setup_.workers,
      [lane = place.lane](std::function<void()> job) {
        lane->run(std::move(job));
      },
      setup_.wall_clock,
      [self = caf::actor_cast<caf::actor_addr>(caf::actor{this}),
       app](std::set<std::string> routes) {
        if (auto term = caf::actor_cast<caf::actor>(self))
          caf::anon_send(term, routes_changed{app, std::move(routes)});
      },
      place.left,
      setup_.on_withheld,
      setup_.journal_format};
    place.master
      = spawn_at<app_master_actor>(system(), home(), std::move(setup));
    monitor(place.master);
    return place.master;
  }

  /// The app_master of `app`; null, and an answer, if there is none.
  template <class Reply>
  caf::actor find_master(const std::string& app, const Reply& on_reply) {
    auto found = masters_.find(app);
    if (found == masters_.end())
      on_reply(no_application(app));
    else if (!found->second.master)
      on_reply(error{errc::unavailable, restarts_.describe(app, now())});
    else
      return found->second.master;
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
    order.order.on_reply = make_sure<app_status>(
      [self = caf::actor{this}, ticket,
       on_reply = std::move(order.order.on_reply)](result<app_status> how) {
        caf::anon_send(self, deploy_over{ticket});
        on_reply(std::move(how));
      },
      no_answer(order.app));
    return true;
  }

  template <class Question>
  void ask(const std::string& app, Question& question) {
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
    for (auto& [name, place] : masters_) {
      auto reply = make_sure<app_status>(
        [self = caf::actor{this}, number](result<app_status> status) {
          caf::anon_send(
            self, listing_part{number,
                               std::make_shared<const result<app_status>>(
                                 std::move(status))});
        },
        no_answer(name));
      if (place.master)
        send(place.master, app_question{std::move(reply)});
      else
        reply(status_without_master(name));
    }
  }

  app_status status_without_master(const std::string& app) {
    app_status status;
    status.name = app;
    status.state = app_state::unhealthy;
    status.message = restarts_.describe(app, now());
    return status;
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

  void take(leader_restart& restart) {
    auto found = masters_.find(restart.app);
    if (found == masters_.end()) {
      restart.on_reply(no_application(restart.app));
      return;
    }
    auto& place = found->second;
    setup_.log("application \"" + restart.app + "\": its app_master is "
               + "restarted by " + restart.header.who
               + (restart.header.reason.empty()
                    ? ""
                    : ": " + restart.header.reason));
    place.on_restarted.push_back(std::move(restart.on_reply));
    if (!place.master) {
      start_another(restart.app, place);
    } else if (!std::exchange(place.asked_to_end, true)) {
      anon_send_exit(place.master, caf::exit_reason::user_shutdown);
    }
  }

  /// An app_master is gone; its orders to the node have been given.
  void take(const caf::down_msg& down) {
    auto found = std::ranges::find_if(masters_, [&](const auto& item) {
      const auto& master = item.second.master;
      return master && master.address() == down.source;
    });
    if (found == masters_.end())
      return;
    auto& [app, place] = *found;
    place.master = nullptr;
    if (place.asked_to_end) {
      start_another(app, place);
      return;
    }
    auto why = text_of(down.reason);
    auto due = restarts_.on_failure(app, why, now());
    note_failure(*place.left, now(), why,
                 due ? "start another" : "start no other until asked to");
    setup_.log(restarts_.describe(app, now()));
    if (due)
      delayed_anon_send(caf::actor{this},
                        std::max(*due - now(), duration::zero()),
                        master_due{app});
    stop_waiting_for(app);
  }

  void restart_if_due(const std::string& app) {
    auto& place = masters_[app];
    if (!place.master)
      spawn_master(app);
  }

  void start_another(const std::string& app, master_place& place) {
    restarts_.forget(app);
    place.asked_to_end = false;
    auto master = spawn_master(app);
    for (auto& on_reply : std::exchange(place.on_restarted, {}))
      send(master, app_question{std::move(on_reply)});
  }

  time_point now() {
    return system().clock().now();
  }

  serval::epoch epoch_;
  std::function<bool()> leads_;
  std::function<void(result<void>)> on_recovered_;
  leader_setup setup_;
  bool recovered_ = false;
  /// Whether the nodes have said what runs.
  bool all_known_ = false;
  /// Applications whose journals are still being read.
  std::set<std::string> recovering_;
  catalog catalog_;
  std::map<std::string, master_place, std::less<>> masters_;
  master_restarts restarts_;
  std::vector<caf::message> early_;
  std::map<std::uint64_t, open_listing> listings_;
  std::uint64_t last_ticket_ = 0;
};

} // namespace

caf::actor spawn_term(caf::actor_system& system, loop* home,
                      term_setup setup) {
  return spawn_at<term_actor>(system, home, std::move(setup));
}

} // namespace serval
