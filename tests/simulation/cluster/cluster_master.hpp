#pragma once

#include "app_master/app_master.hpp"
#include "app_master/handover.hpp"
#include "leader/term_numbers.hpp"
#include "simulation/cluster/daemon_place.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval::simulation {

/// What an app_master's actor does around its core, on a leader of many nodes.
class cluster_master {
public:
  using reply_handler = std::function<void(result<app_status>)>;

  struct setup {
    std::string app;
    term_numbers numbers;
    serval::epoch epoch;
    /// Whether its node leads at the moment.
    std::function<bool()> leads;
    std::shared_ptr<handover_place> left;
    /// It cannot go on, and another must begin.
    std::function<void()> on_failure;
  };

  cluster_master(daemon_place at, worker_control& workers, setup how);

  void order(app_command command, reply_handler on_reply);

  /// Its term is over, or it has failed.
  void end();

  const app_master& core() const noexcept {
    return core_;
  }

  bool recovered() const noexcept {
    return recovered_;
  }

  bool idle() const noexcept {
    return recovered_ && replies_.empty() && !appending_;
  }

private:
  master_truth& truth();
  void later(duration wait, process::event what);
  template <class T>
  void ask_store(std::function<result<T>(cluster_store&)> what,
                 std::function<void(result<T>)> on_answer);
  void load();
  void recover_if_complete();
  void take(node_report report);
  void take(const result<sequence>& outcome);
  void run(effects what);

  void obey(const probe_release& what);
  void obey(const start_worker& what);
  void obey(const stop_worker& what);
  void obey(const publish_table& what);
  void obey(const append_changes& what);
  void obey(const compact_journal& what);
  void obey(const answer_command& what);
  void obey(const set_timer& what);
  void obey(const leave_handover& what);

  daemon_place at_;
  worker_control& workers_;
  setup how_;
  app_master core_;
  std::optional<journal> journal_;
  std::optional<app_inventory> inventory_;
  bool alive_ = true;
  bool recovered_ = false;
  bool appending_ = false;
  std::vector<node_report> news_;
  std::vector<std::pair<app_command, reply_handler>> early_;
  std::map<std::uint64_t, reply_handler> replies_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t timer_generation_ = 0;
};

} // namespace serval::simulation
