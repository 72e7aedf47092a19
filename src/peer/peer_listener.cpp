#include "peer/peer_listener.hpp"

#include <utility>

namespace serval {

/// One link of a peer.
class peer_listener::accepted final
  : public link_handler,
    public peer_sender,
    public std::enable_shared_from_this<accepted> {
public:
  accepted(peer_listener& owner, std::uint64_t number)
    : owner_(owner), number_(number) {
    // nop
  }

  void open(unique_fd fd) {
    link_ = peer_link{owner_.setup_.io, fd.release(), owner_.setup_.link,
                      *this};
  }

  const std::string& peer() const noexcept {
    return hello_.node_id;
  }

private:
  result<void> send(traffic_class traffic, bytes_view message,
                    std::uint16_t stream) override {
    return link_.send(traffic, message, stream);
  }

  void give_up(error why) override {
    if (std::exchange(given_up_, true))
      return;
    owner_.setup_.later([weak = weak_from_this(), why = std::move(why)] {
      if (auto self = weak.lock())
        self->owner_.drop(self->number_, why);
    });
  }

  void on_ready(const link_hello& peer) override {
    hello_ = peer;
  }

  void on_message(traffic_class traffic, bytes_view message) override {
    if (given_up_)
      return;
    if (session_)
      return session_->on_message(traffic, message);
    auto first = decode_peer_message(message);
    auto* open = first ? std::get_if<peer_open>(&*first) : nullptr;
    if (open == nullptr)
      return give_up({errc::bad_request, "a link must begin with its purpose"});
    auto& make = open->purpose == peer_purpose::calls ? owner_.setup_.calls
                                                      : owner_.setup_.control;
    if (make)
      session_ = make(hello_, *this);
    if (!session_)
      give_up({errc::bad_request, "this node takes no links for that"});
  }

  void on_closed(const error& why) override {
    owner_.drop(number_, why);
  }

  peer_listener& owner_;
  std::uint64_t number_;
  link_hello hello_;
  /// Outlives the session, which may speak as it ends.
  peer_link link_;
  std::unique_ptr<peer_session> session_;
  bool given_up_ = false;
};

peer_listener::peer_listener(peer_listener_setup setup)
  : setup_(std::move(setup)) {
  // nop
}

peer_listener::~peer_listener() {
  listener_.close();
  // A session that ends may look at the listener.
  auto doomed = std::exchange(links_, {});
}

result<std::uint16_t> peer_listener::listen(const link_address& address,
                                            address_sharing sharing) {
  return begin(link_listener::open(
    setup_.io, address, sharing,
    [this](unique_fd fd) { accept(std::move(fd)); }));
}

result<std::uint16_t> peer_listener::adopt(unique_fd listening) {
  return begin(
    link_listener::adopt(setup_.io, std::move(listening),
                         [this](unique_fd fd) { accept(std::move(fd)); }));
}

result<std::uint16_t> peer_listener::begin(result<link_listener> opened) {
  if (!opened)
    return opened.error();
  listener_ = std::move(*opened);
  return listener_.address().port;
}

void peer_listener::use(tls_context_ptr tls) {
  setup_.link.tls = std::move(tls);
}

void peer_listener::accept(unique_fd fd) {
  if (links_.size() >= links_max)
    return;
  auto number = ++last_;
  auto made = std::make_shared<accepted>(*this, number);
  links_.emplace(number, made);
  made->open(std::move(fd));
}

void peer_listener::drop(std::uint64_t number, const error& why) {
  auto gone = links_.extract(number);
  if (!gone)
    return;
  auto peer = gone.mapped()->peer();
  if (!peer.empty())
    setup_.log("a link from node " + peer + " is over: " + why.message);
  else if (why.code != errc::link_lost)
    // Who was turned away; that strangers come and go is of no interest.
    setup_.log("a peer was not let in: " + why.message);
}

} // namespace serval
