#pragma once

#include "link/link_dialer.hpp"
#include "peer/link_event.hpp"
#include "peer/peer_node.hpp"
#include "peer/stand_in.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace serval {

/// How a loop's links to peers are made.
struct dialing {
  boost::asio::io_context& io;
  link_settings link;
  dial_settings dial;
  std::uint64_t seed = 0;
  /// Runs something on the loop, later.
  std::function<void(std::function<void()>)> later;
  /// Takes a line for the operator.
  std::function<void(const std::string&)> log;
  /// Nobody needs the link any more. From within the link.
  std::function<void()> on_idle;
  std::function<void(link_event)> on_link;
};

/// The link that carries one loop's calls to one peer, and the stand-ins for
/// the peer's workers. Whatever becomes of that peer, others' links do not
/// notice.
class calls_link final : private link_handler, public peer_sender {
public:
  /// Starts to connect.
  calls_link(const peer_node& peer, dialing how);

  ~calls_link() override;

  /// Makes a stand-in, whose number the link chooses.
  std::shared_ptr<stand_in> attach(stand_in_setup setup);

  /// Encrypts links that are made from now on with `tls`.
  void use(tls_context_ptr tls);

  /// See `stand_in::leave`. The link lets go of it when it is over.
  void leave(stand_in& who);

  /// Whether nobody needs the link.
  bool idle() const noexcept {
    return stand_ins_.empty();
  }

  bool ready() const noexcept {
    return dialer_ && dialer_->ready();
  }

private:
  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream) override;
  void give_up(error why) override;

  void on_ready(const link_hello& peer) override;
  void on_message(traffic_class traffic, bytes_view message) override;
  void on_closed(const error& why) override;

  void hand_on(const auto& message);
  void drop_if_over(stand_in& who);

  std::string name_;
  std::function<void(std::function<void()>)> later_;
  std::function<void(const std::string&)> log_;
  std::function<void()> on_idle_;
  std::function<void(link_event)> on_link_;
  std::shared_ptr<link_dialer> dialer_;
  attachment_number last_ = 0;
  std::map<attachment_number, std::shared_ptr<stand_in>> stand_ins_;
  bool up_ = false;
  /// The operator was told that there is no link.
  bool told_ = false;
};

} // namespace serval
