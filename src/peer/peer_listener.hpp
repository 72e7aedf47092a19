#pragma once

#include "link/link_listener.hpp"
#include "peer/peer_session.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace serval {

/// What a listener for peers works with.
struct peer_listener_setup {
  boost::asio::io_context& io;
  link_settings link;
  /// Make the sessions, by purpose. Without one the link is closed.
  session_factory calls;
  session_factory control;
  /// Runs something on the loop, later.
  std::function<void(std::function<void()>)> later;
  /// Takes a line for the operator.
  std::function<void(const std::string&)> log;
};

/// Accepts links of other nodes on one loop. The first message on a link says
/// what it is for.
class peer_listener {
public:
  /// Links of peers at once; more are closed.
  static constexpr std::size_t links_max = 16'384;

  explicit peer_listener(peer_listener_setup setup);

  ~peer_listener();

  peer_listener(const peer_listener&) = delete;
  peer_listener& operator=(const peer_listener&) = delete;

  /// Answers the port.
  result<std::uint16_t> listen(const link_address& address,
                               address_sharing sharing);

  /// The same with a socket that listens, from another process.
  result<std::uint16_t> adopt(unique_fd listening);

  /// What it listens on; -1 if it does not.
  int descriptor() const noexcept {
    return listener_.descriptor();
  }

  /// Accepts nothing more; the links that are open stay.
  void close() noexcept {
    listener_.close();
  }

  /// Encrypts links that are accepted from now on with `tls`.
  void use(tls_context_ptr tls);

  /// Links that are open.
  std::size_t links() const noexcept {
    return links_.size();
  }

private:
  class accepted;

  result<std::uint16_t> begin(result<link_listener> opened);
  void accept(unique_fd fd);
  void drop(std::uint64_t number, const error& why);

  peer_listener_setup setup_;
  link_listener listener_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::shared_ptr<accepted>> links_;
};

} // namespace serval
