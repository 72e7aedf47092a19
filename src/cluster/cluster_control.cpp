#include "cluster/cluster_control.hpp"

#include "cluster/inventory_specs.hpp"
#include "spec/spec_json.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

/// What telling one node of all is taken to cost.
constexpr duration telling_one = std::chrono::microseconds{200};

error not_the_leader() {
  return {errc::unavailable, "this node does not lead its cluster"};
}

} // namespace

cluster_control::cluster_control(cluster_control_setup setup)
  : setup_(std::move(setup)) {
  // nop
}

cluster_control::~cluster_control() = default;

void cluster_control::begin_term(serval::epoch epoch) {
  setup_.home.post([this, epoch] {
    epoch_ = epoch;
    apps_.clear();
    sessions_.clear();
    told_version_ = 0;
    members_due_ = time_point::max();
    fleet_.emplace(new_settings(), loop::now());
    arm();
    setup_.on_term(true);
  });
}

fleet::settings cluster_control::new_settings() const {
  auto before = setup_.members();
  fleet::settings how;
  how.lost_after = setup_.lost_after;
  how.gather_for = setup_.gather_for;
  for (const auto& each : before.nodes)
    how.expected.insert(each.name);
  how.drained = {before.drained.begin(), before.drained.end()};
  how.expected_format = before.journal_format;
  return how;
}

std::uint16_t cluster_control::journal_format() const {
  return fleet_ ? fleet_->journal_format(loop::now()) : 1;
}

void cluster_control::end_term(serval::epoch epoch) {
  setup_.home.post([this, epoch] {
    if (epoch != epoch_)
      return;
    setup_.on_term(false);
    setup_.on_nodes({});
    epoch_ = {};
    fleet_.reset();
    cancel();
    for (auto& [name, each] : std::exchange(sessions_, {}))
      turn_away(*each.pipe, "it does not lead any more");
    apps_.clear();
  });
}

void cluster_control::list_nodes(
  std::function<void(result<std::vector<node_status>>)> reply) {
  setup_.home.post([this, reply = std::move(reply)] {
    if (!fleet_)
      return reply(not_the_leader());
    std::vector<node_status> list;
    for (const auto& [name, who] : fleet_->nodes().all()) {
      auto since = loop::now() - who.since;
      list.push_back({who.facts, who.state,
                      std::chrono::duration_cast<std::chrono::seconds>(since),
                      fleet_->workers_on(name), name == setup_.name});
    }
    reply(std::move(list));
  });
}

void cluster_control::find_workers(
  std::string app,
  std::function<void(std::map<worker_id, std::string>)> reply) {
  setup_.home.post([this, app = std::move(app), reply = std::move(reply)] {
    reply(fleet_ ? fleet_->find_workers(app)
                 : std::map<worker_id, std::string>{});
  });
}

void cluster_control::drain(std::string node, bool on,
                            std::function<void(result<void>)> reply) {
  setup_.home.post([this, node = std::move(node), on,
                    reply = std::move(reply)] {
    if (!fleet_)
      return reply(not_the_leader());
    auto now = loop::now();
    auto what = on ? fleet_->drain(node, now) : fleet_->undrain(node, now);
    if (!what)
      return reply(what.error());
    run(std::move(what).value());
    reply(result<void>{});
  });
}

// -- orders of app_masters ----------------------------------------------------

void cluster_control::in_term(serval::epoch under,
                              std::function<void(fleet&)> what) {
  setup_.home.post([this, under, what = std::move(what)] {
    if (fleet_ && under == epoch_)
      what(*fleet_);
  });
}

void cluster_control::list(serval::epoch under, names_handler on_names) {
  in_term(under, [this, on_names = std::move(on_names)](fleet& all) {
    on_names_ = on_names;
    run(all.list());
  });
}

void cluster_control::connect(serval::epoch under, std::string app,
                              inventory_handler on_inventory,
                              report_handler on_report) {
  in_term(under, [this, app = std::move(app),
                  on_inventory = std::move(on_inventory),
                  on_report = std::move(on_report)](fleet& all) {
    apps_[app] = {on_inventory, on_report};
    run(all.connect(app, loop::now()));
  });
}

void cluster_control::disconnect(serval::epoch under, std::string app) {
  in_term(under, [this, app = std::move(app)](fleet& all) {
    apps_.erase(app);
    all.disconnect(app);
  });
}

void cluster_control::probe(serval::epoch under, std::string app,
                            release_number release,
                            std::shared_ptr<const app_spec> spec) {
  setup_.probe(std::move(spec), [this, under, app = std::move(app), release](
                                  result<std::vector<std::string>> how) {
    release_probed probed{release, how.has_value(), {}, {}};
    if (how)
      probed.warnings = std::move(*how);
    else
      probed.reason = how.error().message;
    in_term(under, [this, app, probed](fleet&) {
      tell_report what{app, probed};
      obey(what);
    });
  });
}

void cluster_control::start(serval::epoch under, worker_order order) {
  in_term(under, [this, order = std::move(order)](fleet& all) {
    run(all.start(order, loop::now()));
  });
}

void cluster_control::stop(serval::epoch under, std::string app,
                           worker_key key, bool drain) {
  in_term(under, [this, app = std::move(app), key, drain](fleet& all) {
    run(all.stop(app, key, drain));
  });
}

void cluster_control::publish(serval::epoch under,
                              std::shared_ptr<const app_table> table) {
  in_term(under, [this, table = std::move(table)](fleet& all) {
    run(all.publish(table));
  });
}

// -- effects of the fleet -----------------------------------------------------

void cluster_control::run(fleet_effects what) {
  for (auto& each : what)
    std::visit([this](auto& x) { obey(x); }, each);
  tell_members_later();
  arm();
}

void cluster_control::arm() {
  if (!fleet_)
    return;
  auto due = std::min(fleet_->due(), members_due_);
  if (due != time_point::max())
    setup_.home.arm(*this, due);
}

void cluster_control::on_timer(time_point now) {
  if (!fleet_)
    return;
  if (members_due_ <= now)
    tell_members();
  run(fleet_->on_timer(now));
}

void cluster_control::obey(order_start& what) {
  tell_release(what.node, what.order.app, what.order.release, what.order.spec);
  send(what.node, start_order_message{std::move(what.order)});
}

void cluster_control::obey(order_stop& what) {
  send(what.node,
       stop_order_message{std::move(what.app), what.key, what.drain});
}

void cluster_control::obey(order_publish& what) {
  for (const auto& release : what.table->releases)
    tell_release(what.node, what.table->app, release.release, release.spec);
  send(what.node, publish_message{*what.table, *what.hosts});
}

void cluster_control::obey(tell_applications& what) {
  on_names_(std::move(what.names));
}

void cluster_control::obey(tell_inventory& what) {
  auto found = apps_.find(what.app);
  if (found != apps_.end())
    found->second.on_inventory(std::move(what.inventory));
}

void cluster_control::obey(tell_report& what) {
  auto found = apps_.find(what.app);
  if (found != apps_.end())
    found->second.on_report(std::move(what.report));
}

void cluster_control::obey(tell_operator& what) {
  setup_.log(what.text);
}

void cluster_control::send(const std::string& node, cluster_body body) {
  auto found = sessions_.find(node);
  if (found != sessions_.end())
    found->second.pipe->send({epoch_, std::move(body)});
}

/// Whoever leads next waits for all of them. Many that come at once are told of
/// together, as each telling goes to all.
void cluster_control::tell_members_later() {
  const auto& nodes = fleet_->nodes();
  if (nodes.version() != told_version_ && members_due_ == time_point::max())
    members_due_ = loop::now() + nodes.all().size() * telling_one;
}

void cluster_control::tell_members() {
  members_due_ = time_point::max();
  told_version_ = fleet_->nodes().version();
  members_message all{{}, fleet_->nodes().drained(), journal_format()};
  for (const auto& [name, who] : fleet_->nodes().all())
    if (who.state != node_state::lost)
      all.nodes.push_back({name, who.facts.address, who.facts.zone});
  for (const auto& [name, each] : sessions_)
    send(name, all);
  setup_.on_nodes(fleet_->nodes().all());
}

void cluster_control::tell_release(
  const std::string& node, const std::string& app, release_number release,
  const std::shared_ptr<const app_spec>& spec) {
  auto found = sessions_.find(node);
  if (found == sessions_.end())
    return;
  // A store that was restored may have given the number a second time.
  auto& known = found->second.told[{app, release}];
  if (known && (known == spec || *known == *spec))
    return;
  known = spec;
  send(node, use_release_message{app, {release, to_canonical_json(*spec)}});
}

// -- what nodes say -----------------------------------------------------------

void cluster_control::on_message(control_pipe& from, cluster_message message) {
  if (!fleet_)
    return turn_away(from, "this node does not lead the cluster");
  if (message.epoch > epoch_)
    return turn_away(from, "a later leader has been there");
  std::visit([&](auto& what) { take(from, what); }, message.body);
}

void cluster_control::on_lost(control_pipe& which) {
  auto found = sessions_.find(which.peer());
  // One that another has taken the place of is no loss.
  if (found == sessions_.end() || found->second.pipe.get() != &which)
    return;
  sessions_.erase(found);
  if (fleet_)
    run(fleet_->link_lost(which.peer(), loop::now()));
}

void cluster_control::take(control_pipe& from, join_message& join) {
  if (join.facts.name != from.peer())
    return turn_away(from, "it says that it is " + join.facts.name
                             + ", but its hello is that of " + from.peer());
  node_inventory has;
  release_specs told;
  for (auto& each : join.has) {
    auto named = bind_specs(each);
    if (!named)
      return turn_away(from, named.error().message);
    for (auto& [number, spec] : *named)
      told[{each.app, number}] = std::move(spec);
    has.emplace(each.app, std::move(each.has));
  }
  auto& place = sessions_[from.peer()];
  if (place.pipe && place.boot_id != join.facts.boot_id)
    return turn_away(from, "another daemon is node " + from.peer()
                             + "; nodes need names of their own");
  if (place.pipe && place.pipe.get() != &from)
    place.pipe->close();
  place = {from.shared_from_this(), join.facts.boot_id, std::move(told)};
  send(from.peer(), welcome_message{setup_.name, setup_.admin()});
  run(fleet_->joined(std::move(join.facts), std::move(has), loop::now()));
}

void cluster_control::take(control_pipe& from, report_message& report) {
  auto found = sessions_.find(from.peer());
  if (found != sessions_.end() && found->second.pipe.get() == &from)
    run(fleet_->reported(from.peer(), report.app, report.report,
                         loop::now()));
}

void cluster_control::take(control_pipe& from,
                           artifact_request_message& request) {
  setup_.read_artifact(
    std::move(request),
    [this, to = from.weak_from_this()](artifact_part_message part) {
      if (auto pipe = to.lock())
        pipe->send({epoch_, std::move(part)});
    });
}

void cluster_control::turn_away(control_pipe& from, const std::string& reason) {
  from.send({epoch_, turn_away_message{reason, setup_.leader_address()}});
  from.close();
}

} // namespace serval
