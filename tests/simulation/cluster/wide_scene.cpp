#include "simulation/cluster/wide_scene.hpp"

#include "cluster/fleet.hpp"

#include <fmt/core.h>

#include <map>
#include <set>
#include <vector>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

class wide_scene {
public:
  wide_scene(std::uint64_t seed, const wide_size& size)
    : random_(seed), size_(size) {
    for (std::uint32_t i = 1; i <= size.applications; ++i)
      specs_.push_back(make_spec("app-" + std::to_string(i)));
    for (std::uint32_t i = 1; i <= size.nodes; ++i)
      names_.push_back("n" + std::to_string(i));
  }

  wide_outcome live() {
    begin_term({});
    for (const auto& name : names_)
      join(name);
    wait(3s);
    start_all();
    check("after the start");
    lose(names_.size() / 20);
    check("after nodes were lost");
    come_back(names_.size() / 100);
    check("after some of them came back");
    empty(names_.size() / 50);
    check("after nodes were emptied");
    hand_over();
    check("after another leader came");
    return out_;
  }

private:
  using worker = std::pair<std::string, worker_key>;

  struct node_view {
    bool up = false;
    std::map<worker, worker_order> has;
  };

  app_spec make_spec(const std::string& name) const {
    app_spec spec;
    spec.name = name;
    spec.entry = "back";
    backend_spec back;
    back.name = "back";
    back.cpu = size_.cpu_per_worker;
    spec.backends = {back};
    return spec;
  }

  node_facts facts_of(const std::string& name) const {
    node_facts facts;
    facts.name = facts.address = name;
    facts.zone = "z" + std::to_string(name.back() - '0');
    facts.cpu = size_.cpu_per_node;
    facts.memory_bytes = std::uint64_t{64} << 30;
    return facts;
  }

  // -- the leader, its app_masters and nodes ----------------------------------

  void begin_term(std::set<std::string> expected) {
    fleet::settings how;
    how.expected = std::move(expected);
    fleet_.emplace(std::move(how), now_);
    for (const auto& spec : specs_)
      run(fleet_->connect(spec.name, now_));
  }

  void join(const std::string& name) {
    auto& node = nodes_[name];
    node.up = true;
    node_inventory has;
    for (const auto& [key, order] : node.has) {
      has[key.first].workers.push_back({key.second, order.release, order.spec,
                                        order.backend, worker_state::ready, 1});
      has[key.first].highest_id
        = std::max(has[key.first].highest_id, key.second.id);
    }
    run(fleet_->joined(facts_of(name), std::move(has), now_));
  }

  void start_all() {
    for (const auto& spec : specs_) {
      auto shared = std::make_shared<const app_spec>(spec);
      for (std::uint32_t i = 1; i <= size_.workers_each; ++i)
        order({spec.name, {1}, shared, "back", {{++last_id_}, 1}, 0});
    }
  }

  void order(const worker_order& what) {
    wanted_.emplace(std::pair{what.app, what.key.id}, what);
    run(fleet_->start(what, now_));
  }

  void wait(duration span) {
    now_ += span;
    run(fleet_->on_timer(now_));
  }

  void run(fleet_effects effects) {
    for (auto& each : effects) {
      if (auto* start = std::get_if<order_start>(&each))
        begin(start->node, start->order);
      else if (auto* stop = std::get_if<order_stop>(&each))
        end(stop->node, stop->app, stop->key);
      else if (auto* told = std::get_if<tell_report>(&each))
        take(told->app, told->report);
    }
  }

  void begin(const std::string& node, const worker_order& what) {
    ++out_.placed;
    nodes_.at(node).has.emplace(worker{what.app, what.key}, what);
    run(fleet_->reported(node, what.app, worker_ready{what.key, 1}, now_));
  }

  void end(const std::string& node, const std::string& app, worker_key key) {
    ++out_.stopped;
    nodes_.at(node).has.erase({app, key});
    run(fleet_->reported(node, app, worker_stopped{key}, now_));
  }

  /// A worker that is gone starts again, one that should move is replaced.
  void take(const std::string& app, const node_report& report) {
    if (const auto* died = std::get_if<worker_died>(&report)) {
      auto next = wanted_.at({app, died->key.id});
      ++next.key.incarnation;
      wanted_.erase({app, died->key.id});
      order(next);
    } else if (const auto* moves = std::get_if<worker_outgrown>(&report)) {
      auto found = wanted_.extract({app, moves->key.id});
      if (found.empty())
        return;
      ++out_.moved;
      auto next = found.mapped();
      next.key = {{++last_id_}, 1};
      order(next);
      run(fleet_->stop(app, moves->key, true));
    }
  }

  // -- what happens -----------------------------------------------------------

  std::set<std::string> some(std::size_t count, bool up) {
    std::set<std::string> out;
    while (out.size() < count) {
      const auto& name = names_[random_.below(size_.nodes)];
      if (nodes_.at(name).up == up)
        out.insert(name);
    }
    return out;
  }

  void lose(std::size_t count) {
    for (const auto& name : some(count, true)) {
      nodes_.at(name).up = false;
      run(fleet_->link_lost(name, now_));
    }
    wait(3s);
  }

  void come_back(std::size_t count) {
    for (const auto& name : some(count, false))
      join(name);
  }

  void empty(std::size_t count) {
    auto which = some(count, true);
    for (const auto& name : which)
      run(std::move(*fleet_->drain(name, now_)));
    for (int i = 0; i < 5; ++i)
      wait(1s);
    for (const auto& name : which)
      if (!nodes_.at(name).has.empty())
        broke(fmt::format("{} was to be emptied and has {} workers", name,
                          nodes_.at(name).has.size()));
  }

  void hand_over() {
    auto placed = out_.placed;
    auto stopped = out_.stopped;
    std::set<std::string> up;
    for (const auto& [name, node] : nodes_)
      if (node.up)
        up.insert(name);
    begin_term(up);
    for (const auto& name : up)
      join(name);
    wait(3s);
    if (out_.placed != placed || out_.stopped != stopped)
      broke("another leader started or stopped what ran");
  }

  void check(std::string_view when) {
    std::map<std::pair<std::string, worker_id>, int> running;
    for (const auto& [name, node] : nodes_) {
      if (!node.up)
        continue;
      if (static_cast<double>(node.has.size()) * size_.cpu_per_worker
          > size_.cpu_per_node + 1e-6)
        broke(fmt::format("{} {} has {} workers", when, name,
                          node.has.size()));
      for (const auto& [key, order] : node.has)
        ++running[{key.first, key.second.id}];
    }
    for (const auto& [which, order] : wanted_)
      if (auto count = running[which]; count != 1)
        broke(fmt::format("{} worker {} of {} runs {} times", when,
                          which.second.value, which.first, count));
    if (running.size() != wanted_.size())
      broke(fmt::format("{} {} workers run, {} are wanted", when,
                        running.size(), wanted_.size()));
  }

  void broke(std::string text) {
    if (!out_.broken)
      out_.broken = std::move(text);
  }

  random_source random_;
  wide_size size_;
  time_point now_{1h};
  std::vector<app_spec> specs_;
  std::vector<std::string> names_;
  std::map<std::string, node_view> nodes_;
  std::map<std::pair<std::string, worker_id>, worker_order> wanted_;
  std::uint64_t last_id_ = 0;
  std::optional<fleet> fleet_;
  wide_outcome out_;
};

} // namespace

wide_outcome live_wide(std::uint64_t seed, const wide_size& size) {
  return wide_scene{seed, size}.live();
}

} // namespace serval::simulation
