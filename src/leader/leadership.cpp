#include "leader/leadership.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

/// How long a term that could not begin waits.
constexpr duration begin_again_after = std::chrono::seconds{1};

} // namespace

leadership::leadership(lease_options how, lease_holder me, std::uint64_t seed)
  : keeper_(how, seed), me_(std::move(me)) {
  // nop
}

time_point leadership::due() const noexcept {
  return std::min(keeper_.due(), begin_again_);
}

std::vector<leadership_effect> leadership::on_timer(time_point now) {
  auto out = translate(keeper_.on_timer(now));
  if (now >= begin_again_) {
    begin_again_ = time_point::max();
    role_ = leader_role::recovering;
    out.push_back(begin_term{keeper_.epoch()});
  }
  return out;
}

std::vector<leadership_effect>
leadership::on_answer(const lease_answer& answer, time_point now) {
  note_holder(answer);
  if (role_ == leader_role::starting)
    role_ = leader_role::following;
  return translate(keeper_.on_answer(answer.grant, now));
}

std::vector<leadership_effect>
leadership::on_recovered(serval::epoch term, const result<void>& how,
                         time_point now) {
  if (!leads(term, now) || role_ != leader_role::recovering)
    return {};
  if (how) {
    role_ = leader_role::leading;
    trouble_.clear();
    return {};
  }
  trouble_ = how.error().message;
  begin_again_ = now + begin_again_after;
  return {end_term{}};
}

std::vector<leadership_effect> leadership::rest(std::string reason,
                                                time_point now) {
  auto out = translate(keeper_.rest(std::move(reason), now));
  role_ = leader_role::following;
  begin_again_ = time_point::max();
  return out;
}

std::vector<leadership_effect>
leadership::translate(const std::vector<lease_effect>& effects) {
  std::vector<leadership_effect> out;
  for (const auto& each : effects) {
    if (const auto* ask = std::get_if<ask_for_lease>(&each)) {
      out.push_back(*ask);
    } else if (const auto* begin = std::get_if<begin_to_lead>(&each)) {
      if (auto term = this->begin(begin->epoch))
        out.push_back(*term);
    } else {
      role_ = leader_role::following;
      begin_again_ = time_point::max();
      trouble_.clear();
      out.push_back(end_term{});
    }
  }
  return out;
}

std::optional<begin_term> leadership::begin(serval::epoch term) {
  role_ = leader_role::recovering;
  other_.reset();
  if (term > highest_) {
    highest_ = term;
    return begin_term{term};
  }
  // It keeps the lease, so that no other acts on what the store has left.
  trouble_ = fmt::format(
    "the store is older than it was: it grants epoch {}, and epoch {} has led "
    "already; was it restored from a backup? To accept it as it is, set the "
    "epoch in its table serval_lease to {}",
    term.value, highest_.value, highest_.value + 1);
  return std::nullopt;
}

void leadership::note_holder(const lease_answer& answer) {
  if (answer.held_by) {
    other_ = parse_lease_holder(answer.held_by->holder);
    other_epoch_ = answer.held_by->epoch;
    highest_ = std::max(highest_, other_epoch_);
    // This node's own, which it may not use any more.
    if (other_ && other_->boot_id == me_.boot_id)
      other_.reset();
  } else if (!answer.grant && answer.grant.error().code != errc::conflict) {
    // Whoever had the lease may have lost it since.
    other_.reset();
  }
}

leadership_view leadership::view() const {
  leadership_view out;
  out.role = role_;
  if (keeper_.epoch()) {
    out.epoch = keeper_.epoch();
    out.leader = me_.node;
    out.leader_admin = me_.admin;
    out.leader_address = me_.address;
    if (role_ != leader_role::leading)
      out.reason = trouble_.empty() ? "the journals are being read" : trouble_;
    return out;
  }
  out.reason = keeper_.reason();
  if (!other_)
    return out;
  out.epoch = other_epoch_;
  out.leader = other_->node;
  out.leader_admin = other_->admin;
  out.leader_address = other_->address;
  out.reason = fmt::format("node \"{}\" leads", other_->node);
  return out;
}

error leadership::refusal() const {
  auto seen = view();
  if (seen.role != leader_role::following)
    return {errc::unavailable, "this node has yet to lead: " + seen.reason};
  if (seen.leader.empty())
    return {errc::unavailable, "no node is known to lead: " + seen.reason
                                 + "; the workers serve on, try again"};
  if (seen.leader_admin.empty())
    return {errc::unavailable,
            fmt::format("this node does not lead, node \"{}\" does; ask that "
                        "one",
                        seen.leader)};
  return {errc::unavailable,
          fmt::format("this node does not lead, node \"{}\" does; ask its "
                      "control API at {}",
                      seen.leader, seen.leader_admin)};
}

} // namespace serval
