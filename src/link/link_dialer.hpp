#pragma once

#include "link/link.hpp"
#include "link/link_address.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace serval {

/// How a dialer tries.
struct dial_settings {
  /// How long one attempt to connect may take, and to look up a name for it.
  duration connect_within = std::chrono::seconds{1};
  /// The pause after the first failure; it doubles up to the maximum. Each
  /// pause is drawn from its upper half, so that peers of a restarted process
  /// do not come back all at once.
  duration pause_min = std::chrono::milliseconds{50};
  duration pause_max = std::chrono::seconds{5};
};

/// Keeps a link to one address: connects, and connects again after a loss. The
/// handler's `on_ready` runs for each link that came to be and `on_closed` for
/// each that was lost and each attempt that failed; an error's message then
/// says what is tried next. Used on the loop's thread only.
class link_dialer {
public:
  /// Starts to connect. `seed` varies the pauses.
  link_dialer(boost::asio::io_context& loop, link_address address,
              link_settings settings, dial_settings dialing,
              std::uint64_t seed, link_handler& handler);

  link_dialer(const link_dialer&) = delete;
  link_dialer& operator=(const link_dialer&) = delete;

  /// Closes the link without telling the handler.
  ~link_dialer();

  /// As `peer_link::send`; `errc::link_lost` while there is no link.
  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream = 0);

  /// Closes the link, if there is one, and tries again as after a loss. The
  /// handler is told `why`.
  void start_over(const error& why);

  /// Encrypts links that are made from now on with `tls`.
  void use(tls_context_ptr tls);

  bool ready() const noexcept;

  /// As `peer_link::message_max`.
  std::size_t message_max() const noexcept;

private:
  class attempts;
  std::shared_ptr<attempts> attempts_;
};

} // namespace serval
