#include "simulation/cluster/virtual_control.hpp"

#include "cluster/inventory_specs.hpp"
#include "simulation/cluster/link_pipe.hpp"
#include "spec/spec_json.hpp"

#include <algorithm>

namespace serval::simulation {

using namespace std::chrono_literals;

virtual_control::virtual_control(daemon_place at, setup how)
  : at_(std::move(at)), how_(std::move(how)), home_(at_.life, 1us, 30us) {
  // nop
}

link_ears virtual_control::accept(link_handle link, const std::string& peer) {
  auto pipe = std::make_shared<link_pipe>(std::move(link), peer);
  return {[this, pipe](std::string bytes) {
            auto message = decode_cluster_message(as_bytes_view(bytes));
            SERVAL_ASSERT(message);
            home_.send([this, pipe, message = std::move(*message)] {
              on_message(*pipe, message);
            });
          },
          [this, pipe](const std::string&) {
            home_.send([this, pipe] { on_lost(*pipe); });
          },
          nullptr};
}

void virtual_control::begin_term(serval::epoch epoch) {
  home_.send([this, epoch] {
    epoch_ = epoch;
    apps_.clear();
    sessions_.clear();
    told_version_ = 0;
    members_due_ = time_point::max();
    auto lost_after = at_.in.how.lost_after;
    fleet_.emplace(fleet::settings{lost_after, lost_after, 1s, how_.expected(),
                                   how_.drained()},
                   at_.now());
    at_.in.watch(&cluster_promise::on_term, at_.facts.name);
    for (const auto& node : fleet_->nodes().drained())
      at_.in.watch(&cluster_promise::on_drain, at_.facts.name, node, true);
    arm();
    how_.on_term(true);
  });
}

void virtual_control::end_term(serval::epoch epoch) {
  home_.send([this, epoch] {
    if (epoch != epoch_)
      return;
    how_.on_term(false);
    epoch_ = {};
    fleet_.reset();
    for (auto& [name, each] : std::exchange(sessions_, {}))
      turn_away(*each.pipe, "it does not lead any more");
    apps_.clear();
  });
}

bool virtual_control::drain(const std::string& node, bool on) {
  if (!fleet_)
    return false;
  auto what = on ? fleet_->drain(node, at_.now())
                 : fleet_->undrain(node, at_.now());
  if (!what)
    return false;
  at_.in.watch(&cluster_promise::on_drain, at_.facts.name, node, on);
  run(std::move(*what));
  return true;
}

// -- orders of app_masters ----------------------------------------------------

void virtual_control::in_term(serval::epoch under,
                              std::function<void(fleet&)> what) {
  home_.send([this, under, what = std::move(what)] {
    if (fleet_ && under == epoch_)
      what(*fleet_);
  });
}

void virtual_control::list(serval::epoch under, names_handler on_names) {
  in_term(under, [this, on_names = std::move(on_names)](fleet& all) {
    on_names_ = on_names;
    run(all.list());
  });
}

void virtual_control::connect(serval::epoch under, std::string app,
                              inventory_handler on_inventory,
                              report_handler on_report) {
  in_term(under, [=, this](fleet& all) {
    apps_[app] = {on_inventory, on_report};
    run(all.connect(app, at_.now()));
  });
}

void virtual_control::disconnect(serval::epoch under, std::string app) {
  in_term(under, [=, this](fleet& all) {
    apps_.erase(app);
    all.disconnect(app);
  });
}

void virtual_control::probe(serval::epoch under, std::string app,
                            release_number release,
                            std::shared_ptr<const app_spec>) {
  at_.life.after(between(at_.in.random(), 1ms, 200ms), [=, this] {
    in_term(under, [=, this](fleet&) {
      tell_report what{app, release_probed{release, true, {}, {}}};
      obey(what);
    });
  });
}

void virtual_control::start(serval::epoch under, worker_order order) {
  in_term(under, [this, order = std::move(order)](fleet& all) {
    run(all.start(order, at_.now()));
  });
}

void virtual_control::stop(serval::epoch under, std::string app, worker_key key,
                           bool drain) {
  in_term(under, [=, this](fleet& all) { run(all.stop(app, key, drain)); });
}

void virtual_control::publish(serval::epoch under,
                              std::shared_ptr<const app_table> table) {
  in_term(under, [=, this](fleet& all) { run(all.publish(table)); });
}

// -- effects of the fleet -----------------------------------------------------

void virtual_control::run(fleet_effects what) {
  for (auto& each : what)
    std::visit([this](auto& x) { obey(x); }, each);
  if (fleet_->nodes().version() != told_version_
      && members_due_ == time_point::max())
    members_due_ = at_.now() + fleet_->nodes().all().size() * 200us;
  arm();
}

void virtual_control::arm() {
  auto due = std::min(fleet_->due(), members_due_);
  if (due == time_point::max())
    return;
  at_.at_time(due, [this, generation = ++timer_generation_] {
    if (generation == timer_generation_ && fleet_)
      on_timer();
  });
}

void virtual_control::on_timer() {
  if (members_due_ <= at_.now())
    tell_members();
  run(fleet_->on_timer(at_.now()));
}

void virtual_control::obey(order_start& what) {
  ++at_.in.known.counts.workers_placed;
  at_.in.watch(&cluster_promise::on_placed, at_.facts.name, what.node,
               what.order);
  tell_release(what.node, what.order.app, what.order.release, what.order.spec);
  send(what.node, start_order_message{std::move(what.order)});
}

void virtual_control::obey(order_stop& what) {
  at_.in.watch(&cluster_promise::on_stop, at_.in.known, at_.facts.name, epoch_,
               body_name{what.node, what.app, what.key});
  send(what.node,
       stop_order_message{std::move(what.app), what.key, what.drain});
}

void virtual_control::obey(order_publish& what) {
  for (const auto& release : what.table->releases)
    tell_release(what.node, what.table->app, release.release, release.spec);
  send(what.node, publish_message{*what.table, *what.hosts});
}

void virtual_control::obey(tell_applications& what) {
  on_names_(std::move(what.names));
}

void virtual_control::obey(tell_inventory& what) {
  if (auto found = apps_.find(what.app); found != apps_.end())
    found->second.on_inventory(std::move(what.inventory));
}

void virtual_control::obey(tell_report& what) {
  auto& counts = at_.in.known.counts;
  counts.workers_pending += std::holds_alternative<worker_delayed>(what.report);
  counts.workers_moved += std::holds_alternative<worker_outgrown>(what.report);
  if (auto found = apps_.find(what.app); found != apps_.end())
    found->second.on_report(std::move(what.report));
}

void virtual_control::obey(tell_operator& what) {
  auto is_lost = what.text.find("is lost") != std::string::npos;
  at_.in.known.counts.nodes_lost += is_lost;
  at_.in.loop.note(at_.facts.name + ": " + what.text, epoch_.value);
}

void virtual_control::send(const std::string& node, cluster_body body) {
  auto found = sessions_.find(node);
  if (found != sessions_.end())
    found->second.pipe->send({epoch_, std::move(body)});
}

void virtual_control::tell_members() {
  members_due_ = time_point::max();
  told_version_ = fleet_->nodes().version();
  members_message all{{}, fleet_->nodes().drained()};
  for (const auto& [name, who] : fleet_->nodes().all())
    if (who.state != node_state::lost)
      all.nodes.push_back({name, who.facts.address, who.facts.zone});
  for (const auto& [name, each] : sessions_)
    send(name, all);
}

void virtual_control::tell_release(
  const std::string& node, const std::string& app, release_number release,
  const std::shared_ptr<const app_spec>& spec) {
  auto found = sessions_.find(node);
  if (found == sessions_.end())
    return;
  auto& known = found->second.told[{app, release}];
  if (known && (known == spec || *known == *spec))
    return;
  known = spec;
  send(node, use_release_message{app, {release, to_canonical_json(*spec)}});
}

// -- what nodes say -----------------------------------------------------------

void virtual_control::on_message(control_pipe& from, cluster_message message) {
  if (!fleet_)
    return turn_away(from, "this node does not lead the cluster");
  if (message.epoch > epoch_)
    return turn_away(from, "a later leader has been there");
  std::visit([&](auto& what) { take(from, what); }, message.body);
}

void virtual_control::on_lost(control_pipe& which) {
  auto found = sessions_.find(which.peer());
  if (found == sessions_.end() || found->second.pipe.get() != &which)
    return;
  sessions_.erase(found);
  if (fleet_)
    run(fleet_->link_lost(which.peer(), at_.now()));
}

void virtual_control::take(control_pipe& from, join_message& join) {
  node_inventory has;
  release_specs told;
  for (auto& each : join.has) {
    auto named = bind_specs(each);
    SERVAL_ASSERT(named);
    for (auto& [number, spec] : *named)
      told[{each.app, number}] = std::move(spec);
    has.emplace(each.app, std::move(each.has));
  }
  auto& place = sessions_[from.peer()];
  if (place.pipe && place.boot_id != join.facts.boot_id)
    return turn_away(from, "another daemon is node " + from.peer());
  if (place.pipe && place.pipe.get() != &from)
    place.pipe->close();
  place = {from.shared_from_this(), join.facts.boot_id, std::move(told)};
  at_.in.known.nodes[from.peer()].welcomed = at_.in.loop.now();
  send(from.peer(), welcome_message{at_.facts.name, at_.facts.admin});
  run(fleet_->joined(std::move(join.facts), std::move(has), at_.now()));
}

void virtual_control::take(control_pipe& from, report_message& report) {
  auto found = sessions_.find(from.peer());
  if (found != sessions_.end() && found->second.pipe.get() == &from)
    run(fleet_->reported(from.peer(), report.app, report.report, at_.now()));
}

/// Every leader has every artifact: where those come from is not the matter.
void virtual_control::take(control_pipe& from,
                           artifact_request_message& request) {
  artifact_part_message part{request.sha256, request.offset, 100, {}, {}};
  if (at_.in.fails(at_.in.how.workers.artifact_fails))
    part.problem = "it cannot be read";
  else
    part.bytes.assign(std::min<std::uint64_t>(40, 100 - request.offset), 'x');
  from.send({epoch_, std::move(part)});
}

void virtual_control::turn_away(control_pipe& from, const std::string& reason) {
  ++at_.in.known.counts.turned_away;
  from.send({epoch_, turn_away_message{reason, how_.leader_address()}});
  from.close();
}

} // namespace serval::simulation
