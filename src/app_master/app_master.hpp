#pragma once

#include "app_master/commands.hpp"
#include "app_master/compaction.hpp"
#include "app_master/effects.hpp"
#include "app_master/observed_app.hpp"
#include "store/store.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace serval {

/// The control plane of one application: takes commands into the journal and
/// keeps the workers as the journal wants them. A pure core: what happened and
/// the time come in, effects come out. `recover` is its first call.
///
///   command -> decide -> append_changes -> on_appended -> apply -> reconcile
///
/// Workers are only ever ordered about by what is durable, so a crash at any
/// moment finds nothing running that the journal does not know.
class app_master {
public:
  struct settings {
    std::string app;
    /// Its workers get ids from here on.
    worker_id first_worker{1};
    /// Its tables get versions from here on, whatever the nodes have.
    std::uint64_t first_table = 0;
    std::uint64_t seed = 1;
    supervision_options supervision;
  };

  explicit app_master(settings how);

  /// Begins from the journal, with the workers that `found` says: those that
  /// the journal wants are kept as they are. Goes on with what the one before
  /// it left, if there was one in this daemon.
  effects recover(const journal& from, const app_inventory& found,
                  time_point now, std::shared_ptr<const handover> left = {});

  /// From now on nothing is written in a higher format of journal records:
  /// whoever leads next could not read it. At first, what this program reads.
  void write_up_to(std::uint16_t format) noexcept {
    journal_format_ = format;
  }

  /// Takes a command; its answer comes with `ticket`, once it is durable.
  effects handle(const app_command& command, std::uint64_t ticket,
                 time_point now);

  /// Takes the outcome of `append_changes`: the journal's new last sequence.
  effects on_appended(const result<sequence>& outcome, time_point now);

  /// Takes the outcome of `compact_journal`.
  effects on_compacted(const result<journal_compacted>& outcome,
                       time_point now);

  /// Takes what came since the last turn. A turn looks at all workers that are
  /// not ready, so many reports cost little more than one.
  effects on_reports(const std::vector<node_report>& reports, time_point now);

  effects on_timer(time_point now);

  /// Error: `not_found` if it is deleted and nothing of it is left.
  result<app_status> status(time_point now) const;

  /// The routes that its releases have, and orphans: nobody else may have them.
  std::set<std::string> routes() const;

  /// What it decided last, oldest first, and on what. Error: as `status`.
  result<std::vector<decision>> decisions(time_point now) const;

  /// What the journal has acknowledged.
  const desired_app& desired() const noexcept {
    return durable_;
  }

  const observed_app& observed() const noexcept {
    return observed_;
  }

  /// Another leader writes this journal: this one orders nothing any more.
  bool deposed() const noexcept {
    return deposed_;
  }

  /// The journal has what this one does not know, such as a change that was
  /// said to have failed. Only another, which reads it again, can go on.
  bool out_of_step() const noexcept {
    return out_of_step_;
  }

private:
  /// `not_found` if nothing is left of the application.
  result<void> check_presence() const;

  struct waiting_answer {
    sequence after;
    std::uint64_t ticket;
  };

  effects take_turn(time_point now);

  void leave_handover_if_new(effects& out);

  void record(app_change change);

  void send_changes(effects& out);

  void answer(effects& out, std::uint64_t ticket, sequence after,
              time_point now) const;

  void take_success(sequence last);

  effects take_failure(const error& what, time_point now);

  settings how_;
  random_source random_;
  /// The sum of the acknowledged changes.
  desired_app durable_;
  /// The same plus the changes that are on their way; commands are judged by
  /// it.
  desired_app ahead_;
  std::vector<app_change> being_written_;
  std::vector<app_change> to_be_written_;
  std::vector<waiting_answer> waiting_;
  compaction compaction_;
  observed_app observed_;
  /// What the next one gets.
  std::shared_ptr<const handover> left_;
  time_point timer_ = never;
  std::uint16_t journal_format_;
  bool deposed_ = false;
  bool out_of_step_ = false;
};

} // namespace serval
