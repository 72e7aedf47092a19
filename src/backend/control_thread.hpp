#pragma once

#include "backend/call_board.hpp"
#include "backend/user_thread.hpp"
#include "link/link.hpp"
#include "link/plain_loop.hpp"
#include "plugin/elf_scan.hpp"
#include "plugin/plugin_library.hpp"
#include "sandbox/confinement.hpp"
#include "wire/worker_encoder.hpp"
#include "wire/worker_messages.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace serval {

/// The inside of a worker process but for user code: speaks to the daemon and
/// moves calls and results between the link and the user threads. All on the
/// thread of `loop`, which stays free of user code, so that it answers and
/// passes cancellations on whatever user code does. Ends the process when the
/// link is lost.
class control_thread final : link_handler {
public:
  /// Takes over `socket`; `plugin_fd` is the plugin, named so in messages.
  control_thread(plain_loop& loop, int socket, int plugin_fd,
                 std::string plugin_name, call_board board);

  ~control_thread() override;

private:
  struct worker {
    worker_id id;
    /// Tells the worker's maps from those of others; see `map_of`.
    std::uint16_t number = 0;
    /// On the board; null if there is no room for it.
    call_board::place* place = nullptr;
    std::unique_ptr<user_thread> thread;
  };

  // -- from the daemon --------------------------------------------------------

  void on_ready(const link_hello& peer) override;
  void on_message(traffic_class traffic, bytes_view message) override;
  void on_closed(const error& why) override;

  void handle(const confine_message& message);
  void handle(const start_worker_message& message);
  void handle(const stop_worker_message& message);
  void handle(const call_batch_message& message);
  void handle(const cancel_calls_message& message);
  void handle(const map_done_message& message);
  void handle(const reconfigure_message& message);
  void handle(const check_health_message& message);
  void handle(const worker_ping_message& message);
  void handle(const describe_plugin_message& message);

  /// All that only the daemon may receive.
  template <class Message>
  void handle(const Message&);

  // -- from user threads ------------------------------------------------------

  /// Loads the plugin once. Any thread.
  result<const serval_backend_type*> find_backend(const std::string& name);
  result<void> load_plugin();
  result<plugin_library> open_plugin();
  void wake();

  void drain();
  void pass_on(worker& from, user_output output);
  void send_results(std::vector<call_result>& results);
  void send_map(const worker& from, const user_output::begun_map& map);

  template <class Message>
  result<void> send(const Message& message,
                    traffic_class traffic = traffic_class::request);

  call_board::place* free_place();
  static map_id map_of(const worker& from, map_ticket ticket) noexcept;
  worker* find(worker_id id);

  plain_loop& loop_;
  int plugin_fd_;
  std::string plugin_name_;
  peer_link link_;
  worker_encoder encoder_;
  call_board board_;
  std::map<std::uint64_t, worker> workers_;
  std::uint16_t last_number_ = 0;
  std::atomic<bool> drain_due_ = false;
  /// Whether the process is confined as it was told; empty before.
  std::optional<result<void>> confined_;
  std::mutex plugin_mutex_;
  std::optional<result<plugin_library>> plugin_;
  elf_report plugin_file_;
};

} // namespace serval
