#include "trigger/trigger_actor.hpp"

#include "base/assert.hpp"
#include "base/defect.hpp"

namespace serval {

trigger_actor::trigger_actor(caf::actor_config& config, trigger_setup setup)
  : loop_actor(config),
    application_(setup.application),
    memory_(setup.memory),
    gate_(setup.application, std::move(setup.places), setup.seed) {
  // nop
}

caf::behavior trigger_actor::make_behavior() {
  return {
    [this](serve_release& next) {
      auto use = std::make_shared<release_use>();
      use->release = std::move(next.release);
      replace(std::move(use), std::move(next.on_previous_idle));
    },
    [this](serve_nothing& end) {
      replace(nullptr, std::move(end.on_previous_idle));
    },
  };
}

void trigger_actor::replace(std::shared_ptr<release_use> next,
                            std::function<void()> on_previous_idle) {
  auto previous = std::exchange(current_, std::move(next));
  if (previous)
    previous->on_idle = std::move(on_previous_idle);
  else if (on_previous_idle)
    on_previous_idle();
}

gate::load trigger_actor::load_of(const served_release& release,
                                  priority of) const {
  gate::load present;
  if (release.board)
    present.queueing = release.board->queueing(of);
  if (memory_ != nullptr)
    present.memory = memory_->load(std::memory_order_relaxed);
  return present;
}

request_entry::ticket trigger_actor::start(external_request request,
                                           reply_handler on_reply) {
  if (!current_) {
    on_reply(outcome::failure(errc::unavailable, "application '" + application_
                                                   + "' serves no release"));
    return 0;
  }
  auto& release = current_->release;
  auto now = loop::now();
  if (request.context.deadline == time_point{})
    request.context.deadline = now + release.deadline;
  auto present = load_of(release, request.context.priority);
  if (auto refused = gate_.enter(request.context, present, now)) {
    on_reply(std::move(*refused));
    return 0;
  }
  map_request first;
  first.backend = release.entry;
  first.pieces.push_back(payload::own(std::move(request.body)));
  first.context
    = std::make_shared<const request_context>(std::move(request.context));
  auto& dispatcher = *release.dispatcher.object;
  auto ticket
    = open_.add({std::move(on_reply), current_, {}, {present.queueing, now}});
  auto map = dispatcher.begin_map(std::move(first), *this, ticket);
  open_.find(ticket)->map = map;
  return ticket;
}

void trigger_actor::cancel(ticket request) {
  auto* found = open_.find(request);
  if (found == nullptr)
    return;
  found->use->release.dispatcher.object->end_map(found->map);
  open_.remove(request);
  gate_.leave();
}

void trigger_actor::map_done(std::uint64_t token, map_outcomes outcomes) {
  SERVAL_ASSERT(open_.find(token) != nullptr && outcomes.size() == 1);
  auto request = open_.remove(token);
  auto& what = outcomes.front();
  if (!defect("no_admission_release"))
    gate_.leave(request.pass, what, loop::now());
  if (!what.ok())
    gate_.advise(what, load_of(request.use->release, priority::low).queueing);
  request.on_reply(std::move(what));
}

void trigger_actor::on_exit() {
  // Neither the dispatchers nor the clients may hold on to what goes away.
  for (auto ticket : open_.tickets()) {
    auto request = open_.remove(ticket);
    request.use->release.dispatcher.object->end_map(request.map);
    gate_.leave();
    request.on_reply(outcome::failure(
      errc::unavailable, "application '" + application_ + "' has ended"));
  }
  current_.reset();
}

local_trigger spawn_trigger(caf::actor_system& system, loop* home,
                            trigger_setup setup) {
  auto handle = spawn_at<trigger_actor>(system, home, std::move(setup));
  auto* object = static_cast<trigger_actor*>(
    caf::actor_cast<caf::abstract_actor*>(handle));
  return {std::move(handle), object};
}

} // namespace serval
