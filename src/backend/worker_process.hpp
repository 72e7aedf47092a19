#pragma once

#include "backend/open_calls.hpp"
#include "backend/process_exit.hpp"
#include "backend/spawner.hpp"
#include "base/timer_queue.hpp"
#include "link/link.hpp"
#include "loop/loop.hpp"
#include "sandbox/confinement.hpp"
#include "wire/worker_encoder.hpp"
#include "wire/worker_messages.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// How worker processes of one backend are started and watched.
struct process_options {
  /// What `ps` shows, such as "bank_monitor/indicator".
  std::string label;
  /// How messages name the plugin; the operator's `plugin` of the spec.
  std::string plugin_name = "of the application";
  /// The plugin's file, and what its bytes must hash to.
  std::string plugin_path;
  std::string plugin_sha256;
  /// How long a worker may take until it is ready.
  duration start_timeout = std::chrono::seconds{30};
  /// How long past its deadline a call may run before its process is killed.
  duration hang_kill = std::chrono::seconds{5};
  /// What user code in them may do.
  serval::confinement confinement;
  /// Resident bytes of one process, beyond which its workers are to be
  /// replaced; 0 is unlimited.
  std::uint64_t memory_bytes = 0;
  /// Hears how much memory a process has, from time to time; 0 once it is over.
  std::function<void(pid_t process, std::uint64_t resident_bytes)> on_memory;
};

/// Why a process is over.
struct process_end {
  enum class cause : std::uint8_t {
    not_started, ///< There never was a process.
    crashed,     ///< A signal that we did not send ended it.
    exited,      ///< It left by itself.
    killed,      ///< We ended it, because of `text`.
  };

  cause what = cause::exited;
  /// What goes on a sentence about the process, such as "was killed by
  /// SIGSEGV"; for `not_started` and `killed` a whole sentence.
  std::string text;
};

/// What a process says of its plugin.
struct plugin_description {
  /// Why it could not be loaded; empty if it was.
  std::string failure;
  std::string sdk_version;
  std::vector<std::string> backends;
  /// What would keep it from being unloaded, a sentence each.
  std::vector<std::string> unload_warnings;
};

/// The daemon's side of one worker process: its link, its liveness, its end.
/// Shared by the bodies of the workers in it; killed when the last is gone. All
/// on one loop. What the process says is not trusted: a process that breaks the
/// protocol is killed, and nothing else happens.
class worker_process final
  : link_handler,
    public std::enable_shared_from_this<worker_process> {
public:
  /// Starts a process. `home` outlives it and `from`. On `home`.
  static std::shared_ptr<worker_process>
  start(loop& home, spawner& from, process_options options);

  ~worker_process() override;

  loop& home() const noexcept {
    return home_;
  }

  const process_options& options() const noexcept {
    return options_;
  }

  /// 0 before it has started and after it has ended.
  pid_t pid() const noexcept {
    return pid_;
  }

  /// Whether it is there or is coming.
  bool usable() const noexcept {
    return state_ == state::starting || state_ == state::up;
  }

  /// Whether it takes, or once took, more memory than it should. It then gets
  /// no more workers.
  bool outgrown() const noexcept {
    return outgrown_;
  }

  /// Whether messages can be sent.
  bool up() const noexcept {
    return state_ == state::up;
  }

  /// Why it is over. REQUIRES: it is over, and its workers were told.
  const process_end& end() const noexcept {
    return end_;
  }

  std::size_t worker_count() const noexcept {
    return members_.size();
  }

  /// Ends the process at once; its workers hear `why`, a whole sentence. The
  /// first reason counts.
  void kill(std::string why);

  /// Asks what the plugin is; `done` is called later, unless the process ends
  /// first. REQUIRES: up(), and no other such question is open.
  void describe_plugin(std::function<void(plugin_description)> done);

  // -- for its bodies ---------------------------------------------------------

  /// Adds a worker; returns its number in this process.
  worker_id enter(process_body& member);

  /// Removes a worker; nothing is told to it any more.
  void leave(const process_body& member);

  template <class Message>
  result<void> send(const Message& message);

  open_calls& calls() noexcept {
    return calls_;
  }

  /// The call of `member` that the process has died of, if it did. While its
  /// workers are told of its end.
  std::optional<worker_call> culprit_of(const process_body& member) const;

  /// Forgets a map. False if it is none of `owner`'s.
  bool end_map(map_id map, const process_body& owner);

private:
  enum class state : std::uint8_t {
    starting, ///< No link yet.
    up,
    dying, ///< Killed, or its link is lost; its end is awaited.
    ended,
  };

  /// Looks for hung calls and for silence, and asks for a sign of life.
  struct watch final : timer {
    explicit watch(worker_process& owner) : owner(owner) {
      // nop
    }

    void on_timer(time_point now) override {
      owner.on_watch(now);
    }

    worker_process& owner;
  };

  struct member {
    worker_id id;
    process_body* body;
  };

  worker_process(loop& home, process_options options);

  void spawn(spawner& from);
  void on_spawned(result<spawned_process> what);
  void on_exit(process_exit how);
  void end_if_over();
  void on_watch(time_point now);
  void arm_watch();
  void look_for_silence();
  void tell_silence(bool silent);
  void check_memory();
  void kill_hung(call_id overdue);
  void confine();
  void lies(std::string_view how);

  void on_ready(const link_hello& peer) override;
  void on_message(traffic_class traffic, bytes_view message) override;
  void on_closed(const error& why) override;

  void handle(const worker_started_message& message);
  void handle(const worker_failed_message& message);
  void handle(const worker_stopped_message& message);
  void handle(const result_batch_message& message);
  void handle(const map_begin_message& message);
  void handle(const map_end_message& message);
  void handle(const reconfigured_message& message);
  void handle(const health_report_message& message);
  void handle(const worker_log_message& message);
  void handle(const worker_pong_message& message);
  void handle(const plugin_description_message& message);

  /// All that only a process may receive.
  template <class Message>
  void handle(const Message&);

  process_body* find(worker_id id) const noexcept;
  bool has(const process_body* body) const noexcept;

  loop& home_;
  process_options options_;
  state state_ = state::starting;
  pid_t pid_ = 0;
  std::function<void()> kill_;
  peer_link link_;
  bool linked_ = false;
  worker_encoder encoder_;
  std::vector<member> members_;
  std::uint64_t last_member_ = 0;
  open_calls calls_;
  boost::unordered_flat_map<std::uint64_t, process_body*> maps_;
  watch watch_{*this};
  std::uint64_t pings_ = 0;
  /// Pings in a row after which nothing came.
  std::uint32_t unanswered_ = 0;
  bool pinged_ = false;
  bool heard_ = false;
  bool silent_ = false;
  bool outgrown_ = false;
  /// The calls that had a thread when last asked.
  std::vector<running_call> running_;
  std::string link_lost_because_;
  /// Why we killed it; empty if we did not.
  std::string killed_because_;
  std::optional<process_exit> exit_;
  call_board board_;
  /// The calls that it died of.
  std::vector<call_id> culprits_;
  process_end end_;
  std::function<void(plugin_description)> describing_;
};

} // namespace serval
