#include "simulation/cluster/virtual_leader_link.hpp"

#include <utility>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr duration own_pause = 100ms;

} // namespace

/// What takes the place of a link on the node that leads.
class virtual_leader_link::own_pipe final : public control_pipe {
public:
  own_pipe(virtual_leader_link& owner, control_pipe_events& leader)
    : owner_(&owner), leader_(leader), posts_(owner.at_.life, 1us, 30us),
      name_(owner.at_.facts.name) {
    // nop
  }

  const std::string& peer() const override {
    return name_;
  }

  void send(const cluster_message& message) override {
    post([message](own_pipe& self) {
      self.owner_->take(message, self.name_);
    });
  }

  void close() override {
    post([](own_pipe& self) { self.owner_->leave({}); });
  }

  void send_up(cluster_message message) {
    post([message = std::move(message)](own_pipe& self) {
      self.leader_.on_message(self, message);
    });
  }

  void cut() {
    owner_ = nullptr;
    leader_.on_lost(*this);
  }

private:
  void post(std::function<void(own_pipe&)> what) {
    posts_.send([self = shared_from_this(), what = std::move(what)] {
      auto& pipe = static_cast<own_pipe&>(*self);
      if (pipe.owner_ != nullptr)
        what(pipe);
    });
  }

  virtual_leader_link* owner_;
  control_pipe_events& leader_;
  channel posts_;
  std::string name_;
};

virtual_leader_link::virtual_leader_link(
  daemon_place at, virtual_host& host, std::vector<std::string> known,
  std::function<std::string()> leader_hint)
  : at_(at),
    host_(host),
    leader_hint_(std::move(leader_hint)),
    agent_(at_.facts),
    search_(std::move(known), at_.in.random()()),
    shelf_(at),
    artifacts_({shelf_,
                [this](artifact_request_message request) {
                  send_to_leader what{{agent_.epoch(), std::move(request)}};
                  obey(what);
                },
                [this](const std::string& sha256) {
                  run(agent_.artifact_is_here(sha256));
                },
                [this](const std::string& sha256, const std::string& why) {
                  run(agent_.artifact_is_missing(sha256, why));
                }}) {
  // nop
}

void virtual_leader_link::later(duration wait, process::event what) {
  at_.life.after(wait, [attempt = attempt_, this, what = std::move(what)] {
    if (attempt == attempt_)
      what();
  });
}

void virtual_leader_link::start() {
  run(agent_.restore(at_.at.kept));
  kept_version_ = agent_.kept_version();
  look_on();
}

void virtual_leader_link::lead_by(control_pipe_events* own) {
  leads_ = own;
  if (leads_ == nullptr)
    return look_on();
  drop_link();
  open_own();
}

void virtual_leader_link::open_own() {
  leaving_ = false;
  own_ = std::make_shared<own_pipe>(*this, *leads_);
  run(agent_.link_is_up());
}

std::set<std::string> virtual_leader_link::members() const {
  std::set<std::string> names;
  for (const auto& each : agent_.members().nodes)
    names.insert(each.name);
  return names;
}

std::set<std::string> virtual_leader_link::drained() const {
  const auto& names = agent_.members().drained;
  return {names.begin(), names.end()};
}

std::string virtual_leader_link::leader_address() const {
  if (!agent_.joined())
    return {};
  return own_ ? at_.facts.address : dialed_;
}

// -- the link -----------------------------------------------------------------

void virtual_leader_link::look_on() {
  drop_link();
  leaving_ = false;
  if (leads_ != nullptr)
    return later(own_pause, [this] {
      if (leads_ != nullptr)
        open_own();
    });
  auto next = search_.next(leader_hint_(), at_.now());
  auto due = next ? next->at : at_.now() + 1s;
  at_.at_time(due, [this, attempt = attempt_,
                    address = next ? next->address : std::string{}] {
    if (attempt == attempt_)
      try_next(address);
  });
}

void virtual_leader_link::try_next(const std::string& address) {
  if (address.empty() || address == at_.facts.address)
    return look_on();
  dialed_ = address;
  auto heard = ears(address, attempt_);
  at_.net.dial(
    at_.facts.name, at_.life, address,
    [this, attempt = attempt_](link_handle up) {
      if (attempt != attempt_)
        return up.close();
      link_ = up;
      artifacts_.stop();
      run(agent_.link_is_up());
    },
    heard);
}

link_ears virtual_leader_link::ears(const std::string& address,
                                    std::uint64_t attempt) {
  return {[this, attempt, address](std::string bytes) {
            if (attempt != attempt_)
              return;
            auto message = decode_cluster_message(as_bytes_view(bytes));
            SERVAL_ASSERT(message);
            take(std::move(*message), address);
          },
          [this, attempt](const std::string&) {
            if (attempt == attempt_)
              leave({});
          },
          [this, address](std::string bytes) { take_stray(bytes, address); }};
}

void virtual_leader_link::drop_link() {
  ++attempt_;
  link_.close();
  if (own_)
    std::exchange(own_, nullptr)->cut();
  artifacts_.stop();
  run(agent_.link_is_lost());
}

void virtual_leader_link::leave(const std::string& address) {
  if (std::exchange(leaving_, true))
    return;
  search_.was_sent_to(address);
  run(agent_.link_is_lost());
  later(1us, [this] {
    if (leaving_)
      look_on();
  });
}

void virtual_leader_link::take(cluster_message message,
                               const std::string& from) {
  if (leaving_)
    return;
  bool was_joined = agent_.joined();
  if (auto* part = std::get_if<artifact_part_message>(&message.body))
    return artifacts_.on_part(std::move(*part));
  auto under = message.epoch;
  auto obeyed = host_.leader();
  host_.set_leader(from);
  run(agent_.on_message(std::move(message)));
  if (under < agent_.epoch())
    host_.set_leader(obeyed);
  if (agent_.joined() && !was_joined)
    search_.found();
}

/// What one who leads no more, as far as this node knows, has sent.
void virtual_leader_link::take_stray(const std::string& bytes,
                                     const std::string& from) {
  auto message = decode_cluster_message(as_bytes_view(bytes));
  SERVAL_ASSERT(message);
  if (message->epoch < agent_.epoch())
    take(std::move(*message), from);
}

// -- effects of the agent -----------------------------------------------------

void virtual_leader_link::run(agent_effects what) {
  for (auto& each : what)
    std::visit([this](auto& x) { obey(x); }, each);
  at_.in.known.nodes[at_.facts.name].joined
    = agent_.joined() ? agent_.epoch() : serval::epoch{};
  if (agent_.kept_version() != kept_version_)
    keep_later();
}

void virtual_leader_link::keep_later() {
  if (std::exchange(keeping_, true))
    return;
  at_.life.after(1us, [this] {
    kept_version_ = agent_.kept_version();
    auto latency = at_.in.calm ? 1ms : at_.in.how.machines.disk_latency_max;
    at_.life.after(between(at_.in.random(), 100us, latency),
                   [this, kept = agent_.kept()] {
                     at_.at.kept = kept;
                     keeping_ = false;
                     if (agent_.kept_version() != kept_version_)
                       keep_later();
                   });
  });
}

void virtual_leader_link::obey(watch_app& what) {
  auto post = [this](auto hear) {
    return [this, hear](auto told) {
      at_.life.after(1us, [hear, told = std::move(told)] { hear(told); });
    };
  };
  host_.connect(what.under, what.app,
                post([this, app = what.app](const app_inventory& has) {
                  run(agent_.on_inventory(app, has));
                }),
                post([this, app = what.app](const node_report& report) {
                  run(agent_.on_report(app, report));
                }));
}

void virtual_leader_link::obey(obey_start& what) {
  host_.start(what.under, std::move(what.order));
}

void virtual_leader_link::obey(obey_stop& what) {
  host_.stop(what.under, std::move(what.app), what.key, what.drain);
}

void virtual_leader_link::obey(obey_table& what) {
  host_.publish(what.under, std::move(what.table));
}

void virtual_leader_link::obey(fetch_artifact& what) {
  artifacts_.fetch(what.sha256);
}

void virtual_leader_link::obey(send_to_leader& what) {
  if (own_)
    return own_->send_up(std::move(what.message));
  link_.send(encode_cluster_message(what.message));
}

void virtual_leader_link::obey(leave_leader& what) {
  at_.in.known.counts.stale_refused += what.stale;
  leave(what.address);
}

} // namespace serval::simulation
