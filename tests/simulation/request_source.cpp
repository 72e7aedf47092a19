#include "simulation/request_source.hpp"

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

/// How late a daemon that was not stopped may notice a deadline.
constexpr duration notice_max = 5ms;

constexpr std::uint32_t poisons = 3;

} // namespace

request_source::request_source(scene& in, daemon_finder find)
  : in_(in), find_(std::move(find)) {
  if (in_.how.load.rate > 0)
    send_later();
}

void request_source::send_later() {
  duration mean{static_cast<std::int64_t>(1e9 / in_.how.load.rate)};
  in_.loop.after(wait_for(in_.random(), mean), [this] { send(); });
}

void request_source::send() {
  if (in_.calm)
    return;
  send_later();
  auto* at = find_();
  if (at == nullptr)
    return;
  auto app
    = "app-" + std::to_string(in_.random().below(in_.how.applications) + 1);
  auto id = "r" + std::to_string(++last_);
  auto body = id;
  if (in_.fails(in_.how.load.poison))
    body = "poison" + std::to_string(in_.random().below(poisons));
  else if (in_.fails(in_.how.load.hangs))
    body = "hang " + id;
  at->life().after(between(in_.random(), 20us, 1ms),
                   [this, at, app, id, body] { arrive(*at, app, id, body); });
}

void request_source::arrive(daemon& at, const std::string& app,
                            const std::string& id, std::string body) {
  external_request request;
  request.body = std::move(body);
  request.context.request_id = id;
  auto left = between(in_.random(), in_.how.load.deadline / 4,
                      in_.how.load.deadline);
  auto deadline = in_.loop.now() + left;
  request.context.deadline = deadline;
  if (in_.fails(in_.how.load.low))
    request.context.priority = priority::low;
  auto loop = in_.random().below(
    static_cast<std::uint32_t>(at.workers().loop_count()));
  at.workers().request(loop, app, id, std::move(request),
                       [this, id](const outcome& what) {
                         in_.loop.note(what.ok() ? "good answer" : "bad answer",
                                       std::hash<std::string>{}(id) % 10'000);
                       });
  check_deadline(at, id, deadline);
  if (in_.fails(in_.how.load.cancels))
    at.life().after(between(in_.random(), 0s, left), [&at, loop, app, id] {
      at.workers().cancel(loop, app, id);
    });
}

void request_source::check_deadline(daemon& at, const std::string& id,
                                    time_point deadline) {
  at.life().after(deadline + notice_max - in_.loop.now(), [this, &at, id] {
    // A stopped daemon notices when it goes on.
    auto since = at.life().resumed_at();
    if (since != time_point::min() && in_.loop.now() < since + notice_max)
      return check_deadline(at, id, since + duration{1});
    in_.watch(&promise::on_deadline, id);
  });
}

} // namespace serval::simulation
