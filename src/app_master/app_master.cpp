#include "app_master/app_master.hpp"

#include "app_master/adoption.hpp"
#include "app_master/handover.hpp"
#include "app_master/orphans.hpp"
#include "app_master/reconcile.hpp"
#include "app_master/status_view.hpp"
#include "app_master/trial.hpp"
#include "app_master/worker_reports.hpp"
#include "base/defect.hpp"
#include "spec/spec_json.hpp"
#include "wire/journal_records.hpp"

#include <algorithm>

namespace serval {

namespace {

error starts_again(const std::string& app) {
  return {errc::unavailable,
          "the app_master of application \"" + app
            + "\" starts again, since its journal is not as it knows it: a "
              "change that it took for failed is there, or the store was "
              "restored from a backup; try again with the same operation id"};
}

} // namespace

app_master::app_master(settings how)
  : how_(std::move(how)),
    random_(how_.seed),
    journal_format_(serval::journal_format) {
  observed_.next_id = how_.first_worker;
  observed_.first_table = how_.first_table;
}

effects app_master::recover(const journal& from, const app_inventory& found,
                            time_point now,
                            std::shared_ptr<const handover> left) {
  durable_ = replay(from);
  ahead_ = durable_;
  compaction_.begin(from);
  left_ = std::move(left);
  if (left_)
    observed_.decisions = left_->decisions;
  adopt(durable_, found, how_.supervision, observed_, now);
  if (!left_ || has_orphans(observed_))
    return take_turn(now);
  turn current{how_.app, how_.supervision, observed_, random_, now,
               durable_.last, {}};
  take_over(*left_, durable_, current);
  auto out = std::move(current.out);
  auto more = take_turn(now);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

effects app_master::handle(const app_command& command, std::uint64_t ticket,
                           time_point now) {
  effects out;
  auto refuse = [&](error why) {
    out.push_back({{}, answer_command{ticket, std::move(why)}});
    return out;
  };
  if (out_of_step_)
    return refuse(starts_again(how_.app));
  if (deposed_)
    return refuse({errc::unavailable, "this node does not lead application \""
                                        + how_.app + "\" any more; ask again"});
  if (auto* known = find_operation(ahead_, command.cause.operation_id)) {
    if (known->text != command_text(command))
      return refuse({errc::conflict,
                     "operation id \"" + known->id
                       + "\" was used for another command; make a new one"});
    answer(out, ticket, known->number, now);
    if (out.empty())
      waiting_.push_back({known->number, ticket});
    return out;
  }
  auto changes = has_orphans(observed_)
                   ? decide_orphans(ahead_, observed_, how_.app, command)
                   : decide(ahead_, how_.app, command);
  if (changes)
    changes = fit_into(journal_format_, std::move(*changes));
  if (!changes)
    return refuse(changes.error());
  for (auto& change : *changes)
    record(std::move(change));
  answer(out, ticket, ahead_.last, now);
  if (out.empty())
    waiting_.push_back({ahead_.last, ticket});
  send_changes(out);
  return out;
}

effects app_master::on_appended(const result<sequence>& outcome,
                                time_point now) {
  if (!outcome)
    return take_failure(outcome.error(), now);
  take_success(*outcome);
  if (has_orphans(observed_))
    review_orphans(durable_, observed_);
  auto out = take_turn(now);
  std::erase_if(waiting_, [&](const auto& one) {
    if (one.after > durable_.last)
      return false;
    answer(out, one.ticket, one.after, now);
    return true;
  });
  return out;
}

effects app_master::on_compacted(const result<journal_compacted>& outcome,
                                 time_point now) {
  compaction_.finish(outcome, durable_.last);
  return take_turn(now);
}

effects app_master::on_reports(const std::vector<node_report>& reports,
                               time_point now) {
  if (deposed_)
    return {};
  if (has_orphans(observed_)) {
    watch_orphans(observed_, reports);
    return take_turn(now);
  }
  turn current{how_.app, how_.supervision, observed_, random_, now,
               durable_.last, {}};
  for (auto& report : reports)
    take_report(current, report);
  auto out = std::move(current.out);
  auto more = take_turn(now);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

effects app_master::on_timer(time_point now) {
  timer_ = never;
  return take_turn(now);
}

result<void> app_master::check_presence() const {
  if (durable_.deleted && observed_.workers.all().empty())
    return error{errc::not_found, "there is no application \"" + how_.app
                                    + "\"; deploy it first"};
  return {};
}

result<app_status> app_master::status(time_point now) const {
  if (auto there = check_presence(); !there)
    return there.error();
  return make_status(how_.app, durable_, observed_, now);
}

std::set<std::string> app_master::routes() const {
  std::set<std::string> routes;
  for (const auto* release : {&durable_.serving, &durable_.target})
    if (*release && (*release)->spec)
      routes.insert((*release)->spec->route);
  add_orphan_routes(observed_, routes);
  return routes;
}

result<std::vector<decision>> app_master::decisions(time_point now) const {
  if (auto there = check_presence(); !there)
    return there.error();
  return observed_.decisions.tell(now);
}

effects app_master::take_turn(time_point now) {
  if (deposed_ || has_orphans(observed_))
    return {};
  turn current{how_.app, how_.supervision, observed_, random_, now,
               durable_.last, {}};
  reconcile(defect("act_before_durable") ? ahead_ : durable_, current);
  auto out = std::move(current.out);
  // Judged with what is on its way: a release that is being scaled is ready
  // when it has those workers as well.
  auto stays = ahead_.target && durable_.target
               && ahead_.target->number == durable_.target->number;
  auto outcome = outcome_of_target(stays ? ahead_ : durable_, observed_,
                                   how_.supervision, now);
  if (outcome && stays)
    record({{{}, "serval", {}}, std::move(*outcome)});
  // Only if nobody has ordered something else in the meantime.
  if (ahead_.last == durable_.last)
    for (auto& change : take_back(durable_, observed_, how_.supervision, now))
      record(std::move(change));
  send_changes(out);
  if (compaction_.start_if_due())
    out.push_back({durable_.last, compact_journal{durable_.last}});
  leave_handover_if_new(out);
  auto due = next_wake_up(observed_);
  if (due != never && due != timer_) {
    timer_ = due;
    out.push_back({durable_.last, set_timer{due}});
  }
  return out;
}

void app_master::leave_handover_if_new(effects& out) {
  auto next = make_handover(observed_);
  if (next == (left_ ? *left_ : handover{}))
    return;
  left_ = std::make_shared<const handover>(std::move(next));
  out.push_back({durable_.last, leave_handover{left_}});
}

void app_master::record(app_change change) {
  // What Serval itself decides, every version reads.
  SERVAL_ASSERT(format_of(change.what) <= journal_format_);
  apply(ahead_, {ahead_.last.value + 1}, change);
  to_be_written_.push_back(std::move(change));
}

void app_master::send_changes(effects& out) {
  if (!being_written_.empty() || to_be_written_.empty())
    return;
  being_written_ = std::move(to_be_written_);
  to_be_written_.clear();
  out.push_back(
    {durable_.last, append_changes{durable_.last, being_written_}});
}

void app_master::answer(effects& out, std::uint64_t ticket, sequence after,
                        time_point now) const {
  if (defect("answer_before_durable"))
    after = std::min(after, durable_.last);
  if (after > durable_.last)
    return;
  out.push_back({after, answer_command{ticket, make_status(how_.app, durable_,
                                                           observed_, now)}});
}

void app_master::take_success(sequence last) {
  for (const auto& change : being_written_)
    apply(durable_, {durable_.last.value + 1}, change);
  compaction_.appended(being_written_.size());
  being_written_.clear();
  SERVAL_ASSERT(durable_.last == last);
}

effects app_master::take_failure(const error& what, time_point now) {
  effects out;
  out_of_step_ = what.code == errc::conflict;
  deposed_ = (out_of_step_ || what.code == errc::stale_epoch)
             && !defect("ignore_other_leader");
  // The changes may be in the journal or not. Nothing was ordered because of
  // them, so going on without them is safe; whoever asked has to ask again.
  for (const auto& one : waiting_)
    out.push_back({{}, answer_command{one.ticket, out_of_step_
                                                    ? starts_again(how_.app)
                                                    : what}});
  waiting_.clear();
  being_written_.clear();
  to_be_written_.clear();
  if (!defect("keep_failed_changes"))
    ahead_ = durable_;
  observed_.decisions.note(now, "journal", "ask for the change again",
                           what.message);
  if (observed_.coming && observed_.coming->decided) {
    observed_.coming->decided = false;
    observed_.coming->decide_at = now + how_.supervision.journal_retry;
  }
  if (observed_.on_trial && observed_.on_trial->taken_back) {
    observed_.on_trial->taken_back = false;
    observed_.on_trial->not_before = now + how_.supervision.journal_retry;
  }
  auto more = take_turn(now);
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

} // namespace serval
