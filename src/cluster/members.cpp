#include "cluster/members.hpp"

namespace serval {

void members::joined(node_facts facts, time_point now) {
  auto& who = all_[facts.name];
  who.facts = std::move(facts);
  ++version_;
  move(who, node_event::joined, now);
}

void members::levelled(const std::string& node, time_point now) {
  auto& who = all_.at(node);
  move(who, node_event::levelled, now);
  if (drained_.contains(node))
    move(who, node_event::drain_asked, now);
}

void members::link_lost(const std::string& node, time_point now) {
  move(all_.at(node), node_event::link_lost, now);
}

std::vector<std::string> members::on_timer(time_point now) {
  std::vector<std::string> lost;
  while (due() <= now) {
    lost.push_back(suspects_.begin()->second);
    move(all_.at(lost.back()), node_event::overdue, now);
  }
  return lost;
}

time_point members::due() const noexcept {
  return suspects_.empty() ? time_point::max() : suspects_.begin()->first;
}

bool members::drain(const std::string& node, time_point now) {
  auto found = all_.find(node);
  if (found == all_.end())
    return false;
  drained_.insert(node);
  ++version_;
  move(found->second, node_event::drain_asked, now);
  return true;
}

bool members::undrain(const std::string& node, time_point now) {
  bool was_drained = drained_.erase(node) > 0;
  ++version_;
  auto found = all_.find(node);
  if (found == all_.end())
    return was_drained;
  move(found->second, node_event::undrain_asked, now);
  return true;
}

void members::emptied(const std::string& node, time_point now) {
  move(all_.at(node), node_event::emptied, now);
}

const member* members::find(const std::string& node) const {
  auto found = all_.find(node);
  return found == all_.end() ? nullptr : &found->second;
}

void members::move(member& who, node_event on, time_point now) {
  auto next = advance(who.state, on);
  if (!next || *next == who.state)
    return;
  const auto& name = who.facts.name;
  ++version_;
  suspects_.erase({who.due, name});
  draining_.erase(name);
  who.state = *next;
  who.since = now;
  who.due = time_point::max();
  if (who.state == node_state::suspect) {
    who.due = now + lost_after_;
    suspects_.emplace(who.due, name);
  }
  if (who.state == node_state::draining)
    draining_.insert(name);
}

} // namespace serval
