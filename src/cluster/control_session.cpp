#include "cluster/control_session.hpp"

#include "wire/peer_messages.hpp"

namespace serval {

namespace {

/// The leader's end of a link on another loop, or on its own: what is sent goes
/// to the link's loop first.
class remote_pipe final : public control_pipe {
public:
  remote_pipe(std::string peer, peer_sender& link, loop& home)
    : peer_(std::move(peer)), link_(&link), home_(home) {
    // nop
  }

  const std::string& peer() const override {
    return peer_;
  }

  void send(const cluster_message& message) override {
    auto bulk = std::holds_alternative<artifact_part_message>(message.body);
    on_link([bytes = encode_cluster_message(message), bulk](peer_sender& link) {
      auto sent = link.send(bulk ? traffic_class::bulk : traffic_class::control,
                            as_bytes_view(bytes), 0);
      // A node that takes no more orders is as good as lost.
      if (!sent)
        link.give_up(sent.error());
    });
  }

  void close() override {
    on_link([](peer_sender& link) {
      link.give_up({errc::unavailable, "the leader has closed it"});
    });
  }

  /// The link is over. On its loop.
  void cut() {
    link_ = nullptr;
  }

private:
  template <class F>
  void on_link(F what) {
    home_.post([self = shared_from_this(), this, what = std::move(what)] {
      if (link_ != nullptr)
        what(*link_);
    });
  }

  std::string peer_;
  /// Touched on the link's loop only.
  peer_sender* link_;
  loop& home_;
};

class control_session final : public peer_session {
public:
  control_session(const link_hello& peer, peer_sender& link, loop& home,
                  loop& control, control_pipe_events& events)
    : pipe_(std::make_shared<remote_pipe>(peer.node_id, link, home)),
      link_(link), control_(control), events_(events) {
    // nop
  }

  ~control_session() override {
    pipe_->cut();
    control_.post([pipe = pipe_, &events = events_] {
      events.on_lost(*pipe);
    });
  }

  void on_message(traffic_class, bytes_view bytes) override {
    auto message = decode_cluster_message(bytes);
    if (!message)
      return link_.give_up(message.error());
    control_.post([pipe = pipe_, &events = events_,
                   message = std::move(*message)]() mutable {
      events.on_message(*pipe, std::move(message));
    });
  }

private:
  std::shared_ptr<remote_pipe> pipe_;
  peer_sender& link_;
  loop& control_;
  control_pipe_events& events_;
};

} // namespace

std::string opening_for_control() {
  peer_encoder encoder;
  return std::string{as_text(encoder.encode(peer_open{peer_purpose::control}))};
}

std::unique_ptr<peer_session>
make_control_session(const link_hello& peer, peer_sender& link, loop& home,
                     loop& control, control_pipe_events& events) {
  return std::make_unique<control_session>(peer, link, home, control, events);
}

} // namespace serval
