#include "simulation/operator.hpp"

#include <array>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr int attempts_max = 5;
constexpr std::size_t commands_max = 150;
/// Commands that may be sent again under their ids; a daemon remembers more.
constexpr std::size_t repeatable = 20;

constexpr std::array bad_behaviours = {"refused", "fails", "hangs", "dies"};

} // namespace

simulated_operator::simulated_operator(scene& in, std::uint32_t number,
                                       daemon_finder find)
  : in_(in),
    network_(in),
    find_(std::move(find)),
    name_("operator-" + std::to_string(number)) {
  in_.loop.after(between(in_.random(), 1ms, 2s), [this] { act(); });
}

void simulated_operator::act_later() {
  in_.loop.after(wait_for(in_.random(), in_.how.operators.command_every),
                 [this] { act(); });
}

void simulated_operator::act() {
  if (in_.calm || sent_.size() == commands_max)
    return;
  auto next = make();
  if (!sent_.empty() && in_.fails(in_.how.operators.repeats)) {
    auto from = sent_.size() - std::min(sent_.size(), repeatable);
    auto count = static_cast<std::uint32_t>(sent_.size() - from);
    auto& before = sent_[from + in_.random().below(count)];
    // Mostly the same again; sometimes the id of another command, by mistake.
    if (in_.random().below(5) == 0)
      next.command.cause.operation_id = before.command.cause.operation_id;
    else
      next = before;
  }
  next.attempts = 0;
  next.answered = false;
  sent_.push_back(next);
  send(std::make_shared<operation>(std::move(next)));
  act_later();
}

simulated_operator::operation simulated_operator::make() {
  operation out;
  out.app
    = "app-" + std::to_string(in_.random().below(in_.how.applications) + 1);
  out.command.cause = {name_ + "/" + std::to_string(++last_id_), name_, ""};
  if (in_.fails(in_.how.operators.deletes))
    out.command.what = delete_application{};
  else if (in_.random().below(2) == 0)
    out.command.what
      = scale_backend{in_.random().below(2) ? "back" : "front",
                      1 + in_.random().below(in_.how.workers_max)};
  else
    out.command.what = deploy_release{make_spec(out.app)};
  return out;
}

app_spec simulated_operator::make_spec(const std::string& app) {
  // Now and then back to what was deployed before.
  if (!specs_.empty() && in_.random().below(4) == 0) {
    auto spec = specs_[in_.random().below(
      static_cast<std::uint32_t>(specs_.size()))];
    if (spec.name == app)
      return spec;
  }
  app_spec spec;
  spec.name = app;
  spec.route = "/" + app;
  spec.entry = "front";
  spec.deadline = in_.how.load.rate > 0 ? in_.how.load.deadline : duration{1s};
  spec.max_requests = in_.how.load.max_requests;
  spec.plugin_sha256 = std::string(64, 'a');
  spec.config["version"] = name_ + "/" + std::to_string(last_id_);
  auto bad = in_.fails(in_.how.operators.bad_releases);
  spec.config["behaviour"]
    = std::string{bad ? bad_behaviours[in_.random().below(4)] : "good"};
  for (auto* name : {"back", "front"}) {
    backend_spec backend;
    backend.name = name;
    backend.workers = 1 + in_.random().below(in_.how.workers_max);
    backend.concurrency = in_.how.load.concurrency;
    backend.queue = in_.how.load.queue;
    backend.idempotent = in_.how.load.idempotent;
    spec.backends.push_back(backend);
  }
  specs_.push_back(spec);
  return spec;
}

void simulated_operator::send(std::shared_ptr<operation> what) {
  if (what->answered || in_.calm || what->attempts++ == attempts_max)
    return;
  auto on_reply = [this, what](const result<app_status>&) {
    network_.send(network::direction::back, [what] { what->answered = true; });
  };
  network_.send(network::direction::there, [this, what, on_reply] {
    auto* there = find_();
    if (there == nullptr)
      return;
    there->life().after(0s, [there, what, on_reply] {
      there->order(what->app, what->command, on_reply);
    });
  });
  in_.loop.after(between(in_.random(), 500ms, 3s),
                 [this, what] { send(what); });
}

} // namespace serval::simulation
