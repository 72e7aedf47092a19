#pragma once

#include "base/result.hpp"
#include "upgrade/handed_sockets.hpp"
#include "upgrade/handover_channel.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace serval {

/// The one way of taking over that this version knows.
inline constexpr std::uint32_t handover_protocol = 1;

/// How a new daemon finds the socket to the one that started it.
inline constexpr const char* handover_variable = "SERVAL_HANDOVER_FD";
inline constexpr int handover_descriptor = 3;

struct handover_hello {
  std::uint32_t protocol_min = handover_protocol;
  std::uint32_t protocol_max = handover_protocol;
  std::string version;
};

std::string to_string(const handover_hello& hello);
result<handover_hello> parse_hello(std::string_view text);

/// The running daemon whose place this process is to take, as the new one sees
/// it. Blocks; one thread.
class predecessor {
public:
  explicit predecessor(handover_channel channel)
    : channel_(std::move(channel)) {
    // nop
  }

  /// Whoever started this process to have its place taken; null if nobody did.
  /// Once: the environment does not name it any more.
  static std::unique_ptr<predecessor> find();

  /// Says hello, and takes what is handed over.
  result<void> meet();

  handed_sockets& sockets() noexcept {
    return sockets_;
  }

  /// The descriptor that locks the data directory.
  unique_fd take_lock() noexcept {
    return std::move(lock_);
  }

  /// A file with the orders that are in force. It is replaced by `tell_ready`.
  const std::string& orders_path() const noexcept {
    return orders_path_;
  }

  /// The workers of those orders are ready. Waits until the other has closed
  /// the store, and orders nothing any more.
  result<void> tell_ready();

  /// From now on this process is the daemon.
  result<void> tell_serving();

  /// This process is about to end.
  void tell_failed(std::string_view why);

private:
  result<void> take(handover_message& message);

  handover_channel channel_;
  handed_sockets sockets_;
  unique_fd lock_;
  std::string orders_path_;
};

} // namespace serval
