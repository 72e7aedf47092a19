#include "cluster/leader_link.hpp"

#include "cluster/control_session.hpp"

#include <utility>

namespace serval {

namespace {

/// Between two attempts of a node to join itself.
constexpr duration own_pause = std::chrono::milliseconds{100};

} // namespace

/// What takes the place of a link on the node that leads. Both ends are on one
/// loop; each message is a post, so that neither end is called back before it
/// returns.
class leader_link::own_pipe final : public control_pipe {
public:
  own_pipe(leader_link& owner, control_pipe_events& leader)
    : owner_(&owner), leader_(leader), home_(owner.setup_.home),
      name_(owner.setup_.facts.name) {
    // nop
  }

  const std::string& peer() const override {
    return name_;
  }

  void send(const cluster_message& message) override {
    post([message](own_pipe& self) { self.owner_->take(message); });
  }

  void close() override {
    post([](own_pipe& self) {
      self.owner_->leave("the leader has closed its link", {});
    });
  }

  void send_up(cluster_message message) {
    post([message = std::move(message)](own_pipe& self) mutable {
      self.leader_.on_message(self, std::move(message));
    });
  }

  /// The agent's end is gone.
  void cut() {
    owner_ = nullptr;
    leader_.on_lost(*this);
  }

private:
  void post(std::function<void(own_pipe&)> what) {
    home_.post([self = shared_from_this(), what = std::move(what)] {
      auto& pipe = static_cast<own_pipe&>(*self);
      if (pipe.owner_ != nullptr)
        what(pipe);
    });
  }

  leader_link* owner_;
  control_pipe_events& leader_;
  loop& home_;
  std::string name_;
};

template <class F>
auto leader_link::at_home(F what) {
  return [&home = setup_.home, self = self_, what](auto... args) {
    home.post([self, what, args...]() mutable {
      if (*self != nullptr)
        what(std::move(args)...);
    });
  };
}

leader_link::leader_link(leader_link_setup setup)
  : setup_(std::move(setup)),
    agent_(setup_.facts),
    search_(setup_.join, setup_.seed),
    artifacts_({setup_.shelf,
                [this](artifact_request_message request) {
                  send_to_leader what{{agent_.epoch(), std::move(request)}};
                  obey(what);
                },
                [this](const std::string& sha256) {
                  run(agent_.artifact_is_here(sha256));
                },
                [this](const std::string& sha256, const std::string& why) {
                  setup_.log("artifact " + sha256 + " cannot be got: " + why);
                  run(agent_.artifact_is_missing(sha256, why));
                }}),
    self_(std::make_shared<leader_link*>(this)) {
  // nop
}

leader_link::~leader_link() {
  stop();
}

void leader_link::restore(std::vector<cluster_message> kept) {
  run(agent_.restore(std::move(kept)));
  kept_version_ = agent_.kept_version();
}

void leader_link::start() {
  running_ = true;
  look_on();
}

void leader_link::rest() {
  running_ = false;
  leads_ = nullptr;
  cancel();
  drop_link();
  note_alone();
}

void leader_link::stop() {
  running_ = false;
  stopped_ = true;
  *self_ = nullptr;
  cancel();
  artifacts_.stop();
  drop_link();
  note_alone();
}

void leader_link::lead_by(control_pipe_events* own) {
  if (!running_)
    return;
  cancel();
  leads_ = own;
  if (leads_ == nullptr)
    return look_on();
  drop_link();
  open_own();
}

void leader_link::open_own() {
  leaving_ = false;
  own_ = std::make_shared<own_pipe>(*this, *leads_);
  run(agent_.link_is_up());
}

std::string leader_link::leader_address() const {
  if (!agent_.joined())
    return {};
  return own_ ? setup_.facts.address : dialed_;
}

// -- the link -----------------------------------------------------------------

/// Tries whoever is next.
void leader_link::look_on() {
  drop_link();
  leaving_ = false;
  if (leads_ != nullptr) // It has closed the pipe, and may open another.
    return setup_.home.arm(*this, loop::now() + own_pause);
  auto next = search_.next(setup_.leader_hint(), loop::now());
  // One that knows nobody waits until the store, or somebody who joins, does.
  dialed_ = next ? next->address : std::string{};
  setup_.home.arm(*this, next ? next->at
                              : loop::now() + std::chrono::seconds{1});
}

void leader_link::on_timer(time_point) {
  if (leads_ != nullptr)
    return open_own();
  if (dialed_.empty() || dialed_ == setup_.facts.address)
    return look_on();
  auto address = parse_link_address(dialed_);
  if (!address) {
    setup_.log(address.error().message);
    return look_on();
  }
  link_handler& handler = *this;
  dialer_.emplace(setup_.home.io(), *address, setup_.settings(),
                  dial_settings{}, setup_.seed, handler);
}

void leader_link::drop_link() {
  dialer_.reset();
  if (own_)
    std::exchange(own_, nullptr)->cut();
  artifacts_.stop();
  run(agent_.link_is_lost());
}

void leader_link::leave(const std::string& why, const std::string& address) {
  if (std::exchange(leaving_, true))
    return;
  auto left = agent_.leader();
  search_.was_sent_to(address);
  run(agent_.link_is_lost());
  if (!left.empty()) {
    setup_.log("left leader " + left + ": " + why);
    setup_.on_leader(agent_);
  } else if (std::exchange(complaints_[dialed_], why) != why) {
    // Said once, not with each attempt.
    setup_.log("no leader at " + dialed_ + ": " + why);
  }
  // The link may be on the call stack.
  at_home([this] {
    if (running_ && leaving_)
      look_on();
  })();
}

void leader_link::on_ready(const link_hello&) {
  auto sent = dialer_->send(traffic_class::control,
                            as_bytes_view(opening_for_control()));
  if (!sent)
    return;
  // What was asked for while there was no link has had no answer.
  artifacts_.stop();
  run(agent_.link_is_up());
}

void leader_link::on_message(traffic_class, bytes_view bytes) {
  auto message = decode_cluster_message(bytes);
  if (message)
    take(std::move(message).value());
  else
    leave(message.error().message, {});
}

void leader_link::take(cluster_message message) {
  if (leaving_)
    return;
  bool was_joined = agent_.joined();
  if (auto* part = std::get_if<artifact_part_message>(&message.body))
    return artifacts_.on_part(std::move(*part));
  run(agent_.on_message(std::move(message)));
  if (!agent_.joined() || was_joined)
    return;
  search_.found();
  setup_.on_leader(agent_);
  complaints_.clear();
  setup_.log("joined leader " + agent_.leader());
}

void leader_link::on_closed(const error& why) {
  leave(why.message, {});
}

// -- effects of the agent -----------------------------------------------------

void leader_link::run(agent_effects what) {
  for (auto& each : what)
    std::visit([this](auto& x) { obey(x); }, each);
  // What another daemon still has in force is its own to keep.
  if (running_ && agent_.kept_version() != kept_version_)
    keep_later();
  note_alone();
}

void leader_link::note_alone() {
  auto alone = running_ && !agent_.joined();
  if (std::exchange(is_alone_, alone) == alone)
    return;
  if (alone)
    setup_.home.arm(alone_, loop::now() + setup_.lost_after);
  else
    alone_.cancel();
}

void leader_link::alone_timer::on_timer(time_point) {
  owner_.run(owner_.agent_.left_alone());
}

/// A burst of orders is kept once, and one after the other.
void leader_link::keep_later() {
  if (std::exchange(keeping_, true))
    return;
  at_home([this] {
    kept_version_ = agent_.kept_version();
    setup_.keep(agent_.kept(), at_home([this] {
                  keeping_ = false;
                  if (agent_.kept_version() != kept_version_)
                    keep_later();
                }));
  })();
}

void leader_link::obey(watch_app& what) {
  setup_.host.connect(what.under, what.app,
                      at_home([this, app = what.app](app_inventory has) {
                        run(agent_.on_inventory(app, std::move(has)));
                      }),
                      at_home([this, app = what.app](node_report report) {
                        run(agent_.on_report(app, std::move(report)));
                      }));
}

void leader_link::obey(obey_start& what) {
  setup_.host.start(what.under, std::move(what.order));
}

void leader_link::obey(obey_stop& what) {
  setup_.host.stop(what.under, std::move(what.app), what.key, what.drain);
}

void leader_link::obey(obey_table& what) {
  setup_.use_hosts(what.table->app, std::move(what.hosts));
  setup_.host.publish(what.under, std::move(what.table));
}

void leader_link::obey(fetch_artifact& what) {
  if (!stopped_)
    artifacts_.fetch(what.sha256);
}

void leader_link::obey(send_to_leader& what) {
  if (own_)
    return own_->send_up(std::move(what.message));
  if (!dialer_)
    return;
  auto bytes = encode_cluster_message(what.message);
  if (auto sent = dialer_->send(traffic_class::control, as_bytes_view(bytes));
      !sent)
    leave("it takes nothing: " + sent.error().message, {});
}

void leader_link::obey(leave_leader& what) {
  if (what.stale)
    setup_.on_stale_order();
  leave(what.reason, what.address);
}

} // namespace serval
