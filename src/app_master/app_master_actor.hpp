#pragma once

#include "actor/loop_actor.hpp"
#include "app_master/app_master.hpp"
#include "app_master/handover.hpp"
#include "store/store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace serval {

/// What an app_master works with. The references outlive all app_masters.
struct app_master_setup {
  app_master::settings core;
  serval::epoch epoch;
  /// Whether orders may be given under that epoch at this moment. Once not, it
  /// is never again, and the app_master is about to be ended.
  std::function<bool()> leads;
  serval::store& store;
  worker_control& workers;
  /// Runs what blocks, elsewhere.
  std::function<void(std::function<void()>)> run_blocking;
  /// The wall clock, for the journal.
  std::function<wall_time()> wall_clock;
  /// Told the routes of the application's releases when the journal was read,
  /// whenever they change, and before a command that changed them is answered.
  std::function<void(std::set<std::string>)> on_routes;
  /// Shared by the application's app_masters, of which there is one at a time.
  std::shared_ptr<handover_place> left;
  /// Told of each order that was not given, as it does not lead any more.
  std::function<void()> on_withheld;
  /// The highest format of journal records that all read who may lead next, as
  /// of now; null if that is this program's. On the actor's loop.
  std::function<std::uint16_t()> journal_format = nullptr;
};

/// Is called, or goes unused when its app_master ends.
using app_reply = std::function<void(result<app_status>)>;
using decisions_reply = std::function<void(result<std::vector<decision>>)>;

// -- leader → app_master ------------------------------------------------------

/// Carry out a command; the answer comes when it is durable.
struct app_order {
  app_command command;
  app_reply on_reply;
};

/// Tell how the application is.
struct app_question {
  app_reply on_reply;
};

/// Tell what was decided about it, and on what.
struct app_inquiry {
  decisions_reply on_reply;
};

// -- node, store and clock → app_master ---------------------------------------

struct app_news {
  node_report report;
};

/// The reports that have come are to be looked at.
struct app_news_due {};

struct app_found {
  app_inventory inventory;
};

struct journal_loaded {
  std::shared_ptr<const result<journal>> from;
};

struct journal_appended {
  std::shared_ptr<const result<sequence>> outcome;
};

struct app_compacted {
  std::shared_ptr<const result<journal_compacted>> outcome;
};

struct app_wake_up {
  std::uint64_t generation = 0;
};

/// APP_MASTER: carries commands, reports, store answers and time-outs into its
/// core and runs the effects that come out.
class app_master_actor final : public loop_actor {
public:
  app_master_actor(caf::actor_config& config, app_master_setup setup);

  caf::behavior make_behavior() override;

  /// A broken assumption ends this actor and not the daemon: what it knew can
  /// be had again from the journal and the node.
  resume_result resume(caf::execution_unit* host, std::size_t max) override;

  const char* name() const override {
    return "app_master";
  }

  void on_exit() override;

private:
  void load_journal();

  void recover_if_complete();

  void fail(const std::string& why);

  void take(app_order& order);

  void take(app_question& question);

  void take(app_inquiry& inquiry);

  void take(app_news& news);

  void take(const journal_appended& appended);

  time_point now() const;

  void run(effects what);

  void obey(const probe_release& what);
  void obey(const start_worker& what);
  void obey(const stop_worker& what);
  void obey(const publish_table& what);
  void obey(append_changes& what);
  void obey(const compact_journal& what);
  void obey(answer_command& what);
  void obey(const set_timer& what);
  void obey(const leave_handover& what);

  void tell_routes();

  app_master_setup setup_;
  app_master core_;
  /// Until both are there, orders and questions wait, and news.
  std::optional<journal> journal_;
  std::optional<app_inventory> inventory_;
  bool recovered_ = false;
  /// Reports for the next turn.
  std::vector<node_report> news_;
  std::vector<app_order> early_orders_;
  std::vector<app_question> early_questions_;
  std::vector<app_inquiry> early_inquiries_;
  std::map<std::uint64_t, app_reply> replies_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t timer_generation_ = 0;
  std::optional<std::set<std::string>> routes_;
};

} // namespace serval

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_inquiry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_news_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::journal_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::journal_appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_compacted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(serval::app_wake_up)
