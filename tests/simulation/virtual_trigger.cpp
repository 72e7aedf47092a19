#include "simulation/virtual_trigger.hpp"

namespace serval::simulation {

virtual_trigger::virtual_trigger(scene& in, std::string app,
                                 std::shared_ptr<admission> places)
  : in_(in), app_(app), gate_(app, std::move(places), in.random()()) {
  // nop
}

void virtual_trigger::serve(std::shared_ptr<release_use> next,
                            std::function<void()> on_previous_idle) {
  auto previous = std::exchange(current_, std::move(next));
  if (previous)
    previous->on_idle = std::move(on_previous_idle);
  else if (on_previous_idle)
    on_previous_idle();
}

void virtual_trigger::start(const std::string& id, external_request request,
                            reply_handler on_reply) {
  if (!current_)
    return on_reply(outcome::failure(errc::unavailable, "nothing serves"));
  auto now = in_.loop.now();
  auto queueing = current_->board->queueing(request.context.priority);
  if (auto refused = gate_.enter(request.context, {queueing}, now))
    return on_reply(std::move(*refused));
  map_request first;
  first.backend = current_->spec->entry;
  first.pieces.push_back(payload::own(std::move(request.body)));
  auto deadline = request.context.deadline;
  first.context
    = std::make_shared<const request_context>(std::move(request.context));
  auto& known = in_.known.apps[app_].requests[id];
  known = {id, current_->release, now, deadline, current_->spec->max_requests};
  in_.watch(&promise::on_request, app_, known);
  open_[id] = {std::move(on_reply), current_, {}, {queueing, now}};
  auto map = current_->dispatcher->begin_map(
    std::move(first),
    [this, id](map_outcomes outcomes) { map_done(id, std::move(outcomes)); });
  open_.at(id).map = map;
}

void virtual_trigger::cancel(const std::string& id) {
  auto found = open_.extract(id);
  if (found.empty())
    return;
  in_.known.apps[app_].requests.erase(id);
  in_.watch(&promise::on_nobody_waits, id);
  found.mapped().use->dispatcher->end_map(found.mapped().map);
  gate_.leave();
}

void virtual_trigger::map_done(const std::string& id, map_outcomes outcomes) {
  auto request = open_.extract(id);
  if (request.empty())
    return;
  auto& open = request.mapped();
  auto& what = outcomes.front();
  in_.known.apps[app_].requests.erase(id);
  in_.watch(&promise::on_answer, id, what);
  gate_.leave(open.pass, what, in_.loop.now());
  if (!what.ok())
    gate_.advise(what, open.use->board->queueing(priority::low));
  open.on_reply(std::move(what));
}

} // namespace serval::simulation
