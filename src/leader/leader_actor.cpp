#include "leader/leader_actor.hpp"

#include "leader/leader_door_actor.hpp"
#include "leader/leadership.hpp"
#include "leader/term_actor.hpp"

#include <caf/actor_clock.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace serval {

namespace {

// -- store, clock and term → leader -------------------------------------------

struct lease_answered {
  std::shared_ptr<const lease_answer> answer;
};

struct lease_due {
  std::uint64_t generation = 0;
};

struct term_recovered {
  serval::epoch term;
  std::shared_ptr<const result<void>> how;
};

} // namespace

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::lease_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::lease_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::term_recovered)

namespace serval {

namespace {

lease_answer ask(store& from, const std::string& holder, duration valid_for,
                 serval::epoch held) {
  lease_answer out{from.lease(holder, valid_for, held), {}};
  if (out.grant || (out.grant.error().code != errc::conflict
                    && out.grant.error().code != errc::stale_epoch))
    return out;
  if (auto record = from.last_lease())
    out.held_by = std::move(*record);
  return out;
}

const auto& reply_of(const leader_order& order) {
  return order.order.on_reply;
}

const auto& reply_of(const leader_question& question) {
  return question.question.on_reply;
}

const auto& reply_of(const leader_inquiry& inquiry) {
  return inquiry.inquiry.on_reply;
}

const auto& reply_of(const leader_listing& listing) {
  return listing.on_reply;
}

const auto& reply_of(const leader_restart& restart) {
  return restart.on_reply;
}

/// LEADER: asks the store for the lease and keeps it; while it has it, a term
/// carries out the commands, else they are refused.
class leader_actor final : public loop_actor {
public:
  leader_actor(caf::actor_config& config, leader_setup setup)
    : loop_actor(config),
      setup_(std::move(setup)),
      core_(std::make_shared<leadership>(
        setup_.lease, setup_.who(), setup_.seed)) {
    // nop
  }

  const char* name() const override {
    return "leader";
  }

  caf::behavior make_behavior() override {
    run(core_->on_timer(now()));
    return {
      [this](leader_order& order) { forward(order); },
      [this](leader_question& question) { forward(question); },
      [this](leader_inquiry& inquiry) { forward(inquiry); },
      [this](leader_listing& listing) { forward(listing); },
      [this](leader_restart& restart) { forward(restart); },
      [this](const lease_due& due) {
        if (due.generation == timer_generation_)
          run(core_->on_timer(now()));
      },
      [this](const lease_answered& answered) {
        auto& answer = *answered.answer;
        run(core_->on_answer(answer, now()));
        if (!answer.grant)
          tell_outcome(answer.grant.error());
      },
      [this](const term_recovered& recovered) {
        run(core_->on_recovered(recovered.term, *recovered.how, now()));
        if (recovered.term == core_->term())
          tell_outcome(*recovered.how);
      },
      [this](leader_rest& rest) {
        auto held = core_->term();
        run(core_->rest(std::move(rest.reason), now()));
        give_back(held, std::move(rest.done));
      },
      [this](leader_resume) {
        core_->resume(now());
        run(core_->on_timer(now()));
      },
    };
  }

  void on_exit() override {
    end_term_now();
    early_.clear();
    if (auto held = core_->term())
      give_back(held, [] {});
  }

private:
  /// So that the others need not wait until the lease expires.
  void give_back(serval::epoch held, std::function<void()> done) {
    setup_.run_lease([&store = setup_.store, holder = core_->holder(), held,
                      done = std::move(done)] {
      if (held)
        static_cast<void>(store.lease(holder, duration::zero(), held));
      done();
    });
  }

  template <class Message>
  void forward(Message& message) {
    if (term_)
      send(term_, std::move(message));
    else if (core_->view().role == leader_role::starting)
      early_.push_back(caf::make_message(std::move(message)));
    else
      reply_of(message)(core_->refusal());
  }

  void run(const std::vector<leadership_effect>& effects) {
    for (const auto& each : effects)
      std::visit([this](const auto& what) { obey(what); }, each);
    tell_view();
    if (auto due = core_->due(); due != time_point::max())
      delayed_anon_send(caf::actor{this},
                        std::max(due - now(), duration::zero()),
                        lease_due{++timer_generation_});
  }

  void obey(const ask_for_lease& what) {
    core_->set_self(setup_.who());
    setup_.run_lease([&store = setup_.store, holder = core_->holder(),
                      valid_for = setup_.lease.valid_for, held = what.held,
                      self = caf::actor_cast<caf::actor_addr>(
                        caf::actor{this})] {
      auto answer = std::make_shared<const lease_answer>(
        ask(store, holder, valid_for, held));
      if (auto leader = caf::actor_cast<caf::actor>(self))
        caf::anon_send(leader, lease_answered{std::move(answer)});
    });
  }

  void obey(const begin_term& what) {
    auto self = caf::actor_cast<caf::actor_addr>(caf::actor{this});
    term_epoch_ = what.epoch;
    setup_.workers.begin_term(what.epoch);
    term_ = spawn_term(
      system(), home(),
      {setup_, what.epoch,
       // Of the same loop, and whoever calls may outlive this actor.
       [core = core_, &clock = system().clock(), term = what.epoch] {
         return core->leads(term, clock.now());
       },
       [self, term = what.epoch](result<void> how) {
         if (auto leader = caf::actor_cast<caf::actor>(self))
           caf::anon_send(
             leader, term_recovered{term, std::make_shared<const result<void>>(
                                            std::move(how))});
       }});
  }

  void obey(const end_term&) {
    end_term_now();
  }

  void end_term_now() {
    if (auto term = std::exchange(term_, nullptr)) {
      anon_send_exit(term, caf::exit_reason::user_shutdown);
      setup_.workers.end_term(term_epoch_);
    }
  }

  /// The first outcome goes to who starts the leader.
  void tell_outcome(const result<void>& how) {
    if (auto tell = std::exchange(setup_.on_recovered, nullptr))
      tell(how);
  }

  void tell_view() {
    auto view = core_->view();
    if (view == told_)
      return;
    told_ = view;
    if (setup_.on_change)
      setup_.on_change(view);
    if (view.role == leader_role::starting)
      return;
    for (auto& message : std::exchange(early_, {}))
      send(this, std::move(message));
  }

  time_point now() {
    return system().clock().now();
  }

  leader_setup setup_;
  std::shared_ptr<leadership> core_;
  leadership_view told_;
  /// Null while this node follows.
  caf::actor term_;
  serval::epoch term_epoch_;
  /// What came before the store was asked.
  std::vector<caf::message> early_;
  std::uint64_t timer_generation_ = 0;
};

} // namespace

std::unique_ptr<leader_door> start_leader(caf::actor_system& system,
                                          loop* home, leader_setup setup) {
  return make_leader_door(
    spawn_at<leader_actor>(system, home, std::move(setup)));
}

} // namespace serval
