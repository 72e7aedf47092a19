#include "cluster/members.hpp"

#include <algorithm>

namespace serval {

void members::joined(node_facts facts, time_point now) {
  auto& who = all_[facts.name];
  who.facts = std::move(facts);
  move(who, node_event::joined, now);
}

void members::levelled(const std::string& node, time_point now) {
  auto& who = all_.at(node);
  move(who, node_event::levelled, now);
  if (who.drains)
    move(who, node_event::drain_asked, now);
}

void members::link_lost(const std::string& node, time_point now) {
  move(all_.at(node), node_event::link_lost, now);
}

std::vector<std::string> members::on_timer(time_point now) {
  std::vector<std::string> lost;
  for (auto& [name, who] : all_)
    if (who.due <= now) {
      move(who, node_event::overdue, now);
      lost.push_back(name);
    }
  return lost;
}

time_point members::due() const noexcept {
  auto due = time_point::max();
  for (const auto& [name, who] : all_)
    due = std::min(due, who.due);
  return due;
}

bool members::drain(const std::string& node, time_point now) {
  auto found = all_.find(node);
  if (found == all_.end())
    return false;
  found->second.drains = true;
  move(found->second, node_event::drain_asked, now);
  return true;
}

bool members::undrain(const std::string& node, time_point now) {
  auto found = all_.find(node);
  if (found == all_.end())
    return false;
  found->second.drains = false;
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
  who.state = *next;
  who.since = now;
  who.due = who.state == node_state::suspect ? now + lost_after_
                                             : time_point::max();
}

} // namespace serval
