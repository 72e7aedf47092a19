#pragma once

#include "peer/gateways.hpp"
#include "peer/peer_session.hpp"

#include <functional>
#include <map>
#include <memory>

namespace serval {

/// A link on which a peer's loop calls workers of this node: a dispatcher per
/// release that it attaches.
class calls_session final : public peer_session {
public:
  /// Releases that one loop of a peer may attach.
  static constexpr std::size_t attachments_max = 16'384;

  /// Both outlive the session.
  calls_session(gateways& relays, peer_sender& link,
                std::function<time_point()> now);

  /// All calls of the peer are cancelled.
  ~calls_session() override;

  void on_message(traffic_class traffic, bytes_view message) override;

private:
  class attachment;

  void on(const peer_attach& message);
  void on(const peer_detach& message);
  void on(const peer_calls& message);
  void on(const peer_cancel& message);
  void on(const peer_drain_acknowledged& message);
  attachment* find(attachment_number number);

  gateways& relays_;
  peer_sender& link_;
  std::function<time_point()> now_;
  std::map<attachment_number, std::unique_ptr<attachment>> attachments_;
};

} // namespace serval
