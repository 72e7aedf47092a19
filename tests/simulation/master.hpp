#pragma once

#include "app_master/app_master.hpp"
#include "app_master/handover.hpp"
#include "leader/job_lane.hpp"
#include "simulation/disk_store.hpp"
#include "simulation/node.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval::simulation {

/// What an app_master's actor does around its core.
class master {
public:
  using reply_handler = std::function<void(result<app_status>)>;

  struct setup {
    std::string app;
    worker_id first_worker;
    serval::epoch epoch;
    /// Where it has the store asked, behind those before it.
    std::shared_ptr<job_lane> lane;
    /// What the one before it left, and where it leaves what the next one gets.
    std::shared_ptr<handover_place> left;
    /// The power went away while the store was writing.
    std::function<void()> on_power_cut;
  };

  master(scene& in, process& daemon, store& from, node& workers, setup how);

  void order(app_command command, reply_handler on_reply);

  /// Ends, with all that it has begun; its workers serve on.
  void crash();

  const app_master& core() const noexcept {
    return core_;
  }

  bool recovered() const noexcept {
    return recovered_;
  }

  /// Nobody waits for an answer, nothing for the journal.
  bool idle() const noexcept {
    return early_.empty() && waiting_.empty() && !appending_;
  }

private:
  struct waiting_command {
    app_command command;
    reply_handler on_reply;
  };

  void later(duration wait, std::function<void()> what);
  void load();
  void recover_if_complete();
  void take(node_report report);
  void look_at_reports();
  void forget(worker_key key);
  void append(const append_request& request);
  void compact(sequence upto);
  void take(const append_request& request, const result<sequence>& outcome);
  void run(effects what);

  void obey(const effect& from, const probe_release& what);
  void obey(const effect& from, const start_worker& what);
  void obey(const effect& from, const stop_worker& what);
  void obey(const effect& from, const publish_table& what);
  void obey(const effect& from, const append_changes& what);
  void obey(const effect& from, const compact_journal& what);
  void obey(const effect& from, const answer_command& what);
  void obey(const effect& from, const set_timer& what);
  void obey(const effect& from, const leave_handover& what);

  app_facts& known();

  scene& in_;
  process& daemon_;
  store& store_;
  node& node_;
  setup how_;
  app_master core_;
  std::optional<journal> journal_;
  /// What the journal said when it was read.
  app_model read_;
  std::optional<app_inventory> inventory_;
  bool alive_ = true;
  bool recovered_ = false;
  bool appending_ = false;
  std::vector<node_report> news_;
  std::vector<waiting_command> early_;
  std::map<std::uint64_t, waiting_command> waiting_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t timer_generation_ = 0;
};

} // namespace serval::simulation
