#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "upgrade/handover_channel.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace serval {

/// How to start the daemon that takes this one's place.
struct successor_plan {
  std::string binary;
  /// What follows the program's name.
  std::vector<std::string> arguments;
  /// How long it may take in all.
  duration patience;
  /// Whether somebody wants this daemon to stop meanwhile.
  std::function<bool()> interrupted;
};

/// The new daemon, as the one that goes sees it. Everything that waits ends
/// with an error when the new process says so, ends, or is late. Blocks; one
/// thread.
class successor {
public:
  static result<successor> start(successor_plan plan);

  successor(successor&&) noexcept;

  /// As `end`.
  ~successor();

  /// Kills it and waits for its end, unless it serves.
  void end() noexcept;

  pid_t pid() const noexcept {
    return pid_;
  }

  /// Waits for its first word; the answer is its version.
  result<std::string> meet();

  /// Hands over what listens on `address`, on behalf of a section.
  result<void> give_sockets(std::string_view name, std::string_view address,
                            std::span<const int> sockets);

  result<void> give_lock(int descriptor);

  /// Waits until it has started the workers of the orders in that file.
  result<void> prepare(std::string_view orders_path);

  /// Waits until it serves. The store is closed, and this daemon orders nothing
  /// any more.
  result<void> take(std::string_view orders_path);

private:
  successor(successor_plan plan, pid_t pid, handover_channel channel,
            time_point due);

  result<std::string> await(handover_word expected);
  error describe_end();

  successor_plan plan_;
  pid_t pid_ = 0;
  handover_channel channel_;
  time_point due_;
};

} // namespace serval
