#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace serval {

/// What two daemons say while one takes the other's place; README.md has the
/// order.
enum class handover_word : std::uint8_t {
  hello,
  socket,
  lock,
  prepare,
  ready,
  take,
  serving,
  failed,
};

struct handover_message {
  handover_word word;
  std::string text;
  std::vector<unique_fd> descriptors;
};

/// One end of the socket pair between two daemons. Blocks; one thread.
class handover_channel {
public:
  /// Messages with more than this are refused; the kernel takes no more than
  /// 253 descriptors.
  static constexpr std::size_t text_max = 4096;
  static constexpr std::size_t descriptors_max = 128;

  explicit handover_channel(unique_fd socket) : socket_(std::move(socket)) {
    // nop
  }

  /// Both ends, closed on exec.
  static result<std::pair<unique_fd, unique_fd>> make_sockets();

  /// REQUIRES: no more than the limits above
  result<void> send(handover_word word, std::string_view text = {},
                    std::span<const int> descriptors = {});

  /// The next message; nothing if none came within `patience`. Errors:
  /// `unavailable` once the other side is gone, `bad_request` if it says what
  /// nobody understands.
  result<std::optional<handover_message>> receive(duration patience);

private:
  unique_fd socket_;
};

} // namespace serval
