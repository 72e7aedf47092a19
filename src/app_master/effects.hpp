#pragma once

#include "app_master/worker_control.hpp"
#include "base/result.hpp"
#include "model/app_change.hpp"
#include "model/status.hpp"

#include <variant>

namespace serval {

struct probe_release {
  release_number release;
  std::shared_ptr<const app_spec> spec;
};

struct start_worker {
  worker_order order;
};

struct stop_worker {
  worker_key key;
  bool drain = false;
};

struct publish_table {
  std::shared_ptr<const app_table> table;
};

/// Adds changes to the journal, which must end at `expected`. The outcome comes
/// back to `app_master::on_appended`; until then there is no other.
struct append_changes {
  sequence expected;
  std::vector<app_change> changes;
};

/// Replaces the journal's entries up to `upto` by those that are needed, see
/// `compact`. The outcome comes back to `app_master::on_compacted`; until then
/// there is no other.
struct compact_journal {
  sequence upto;
};

/// Answers the command of that ticket.
struct answer_command {
  std::uint64_t ticket = 0;
  result<app_status> outcome;
};

/// Wakes the app_master at `due`; replaces the timer before.
struct set_timer {
  time_point due;
};

struct handover;

/// Keeps what the next app_master in this daemon has to know.
struct leave_handover {
  std::shared_ptr<const handover> what;
};

/// Something that an app_master wants done.
struct effect {
  /// What the journal must have acknowledged before this may be done. Who runs
  /// effects asserts it, so that nothing is acted on before it is durable.
  sequence after;
  std::variant<probe_release, start_worker, stop_worker, publish_table,
               append_changes, compact_journal, answer_command, set_timer,
               leave_handover>
    what;
};

using effects = std::vector<effect>;

/// Whether it is for a node, which obeys only whoever leads.
inline bool orders_a_node(const effect& one) noexcept {
  return std::holds_alternative<probe_release>(one.what)
         || std::holds_alternative<start_worker>(one.what)
         || std::holds_alternative<stop_worker>(one.what)
         || std::holds_alternative<publish_table>(one.what);
}

} // namespace serval
