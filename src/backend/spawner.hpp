#pragma once

#include "backend/call_board.hpp"
#include "backend/process_exit.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// Where a child process finds what it inherits; everything else is closed.
inline constexpr int worker_socket_fd = 3;
inline constexpr int worker_board_fd = 4;
inline constexpr int worker_plugin_fd = 5;
/// What it is executed from, to be closed at once.
inline constexpr int worker_program_fd = 6;

/// What to start.
struct spawn_order {
  /// What follows the program's name.
  std::vector<std::string> arguments;
  /// The whole environment, as "NAME=VALUE"; by default this program's.
  std::optional<std::vector<std::string>> environment = std::nullopt;
  /// The plugin that the process gets as `worker_plugin_fd`; none if the path
  /// is empty.
  std::string plugin_path;
  std::string plugin_sha256;
};

struct spawned_process {
  pid_t pid = 0;
  /// Kills the process and its process group. No effect once it has ended or
  /// the spawner is gone, which takes it along. Any thread.
  std::function<void()> kill;
  /// Our end of the socket pair; non-blocking.
  unique_fd socket;
  /// What the process says of its calls; outlives it.
  call_board board;
};

/// Starts child processes and sees them end, on one thread that lives as long
/// as the spawner does: a child asks the kernel to kill it when the *thread*
/// that started it is gone. Each child leads a process group of its own, which
/// ends with it. All functions may be called on any thread.
class spawner {
public:
  /// Both are called on the spawner's thread and may not block.
  using on_spawned = std::function<void(result<spawned_process>)>;
  using on_exit = std::function<void(process_exit)>;

  /// Starts processes of the program in the file `program`, by default of the
  /// one for worker processes that is part of this binary.
  explicit spawner(std::string program = {});

  spawner(const spawner&) = delete;
  spawner& operator=(const spawner&) = delete;

  /// Kills all children and waits for their ends, which are reported.
  ~spawner();

  /// Starts a process. `exited` is called once, after `spawned` was called with
  /// a process, and not at all after an error.
  void spawn(spawn_order order, on_spawned spawned, on_exit exited);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace serval
