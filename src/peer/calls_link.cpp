#include "peer/calls_link.hpp"

#include <utility>

namespace serval {

calls_link::calls_link(const peer_node& peer, dialing how)
  : name_(peer.name),
    later_(std::move(how.later)),
    log_(std::move(how.log)),
    on_idle_(std::move(how.on_idle)),
    on_link_(std::move(how.on_link)) {
  how.link.wanted_node = peer.name;
  dialer_ = std::make_shared<link_dialer>(how.io, peer.address,
                                          std::move(how.link), how.dial,
                                          how.seed,
                                          static_cast<link_handler&>(*this));
}

calls_link::~calls_link() {
  if (up_)
    on_link_(link_event::ended);
  for (auto& [number, each] : stand_ins_)
    each->link_lost();
}

std::shared_ptr<stand_in> calls_link::attach(stand_in_setup setup) {
  setup.attachment = ++last_;
  auto made = std::make_shared<stand_in>(std::move(setup), *this);
  stand_ins_.emplace(last_, made);
  if (ready())
    made->link_ready();
  return made;
}

void calls_link::leave(stand_in& who) {
  who.leave();
  drop_if_over(who);
}

void calls_link::drop_if_over(stand_in& who) {
  if (!who.is_over())
    return;
  auto number = who.attachment();
  // Without a link there is nobody to be told.
  static_cast<void>(say(peer_detach{number}));
  stand_ins_.erase(number);
  if (stand_ins_.empty())
    on_idle_();
}

void calls_link::use(tls_context_ptr tls) {
  dialer_->use(std::move(tls));
}

// -- peer_sender --------------------------------------------------------------

result<void> calls_link::send(traffic_class traffic, bytes_view message,
                              std::uint16_t stream) {
  return dialer_->send(traffic, message, stream);
}

void calls_link::give_up(error why) {
  later_([weak = std::weak_ptr{dialer_}, why = std::move(why)] {
    if (auto dialer = weak.lock())
      dialer->start_over(why);
  });
}

// -- link_handler -------------------------------------------------------------

void calls_link::on_ready(const link_hello&) {
  up_ = true;
  on_link_(link_event::up);
  if (std::exchange(told_, false))
    log_("calls to node " + name_ + " have a link again");
  if (auto said = say(peer_open{peer_purpose::calls}); !said)
    return give_up(said.error());
  for (auto& [number, each] : stand_ins_)
    each->link_ready();
}

void calls_link::on_closed(const error& why) {
  // Each attempt that fails says the same again.
  if (!std::exchange(told_, true))
    log_("calls to node " + name_ + " have no link: " + why.message);
  if (std::exchange(up_, false))
    on_link_(link_event::lost);
  // A dispatcher that loses workers may have others let go of theirs.
  auto all = stand_ins_;
  for (auto& [number, each] : all) {
    each->link_lost();
    drop_if_over(*each);
  }
}

void calls_link::on_message(traffic_class, bytes_view message) {
  auto decoded = decode_peer_message(message);
  if (!decoded)
    return give_up(decoded.error());
  std::visit([this](const auto& each) { hand_on(each); }, *decoded);
}

void calls_link::hand_on(const auto& message) {
  if constexpr (requires(stand_in& to) { to.on(message); }) {
    auto found = stand_ins_.find(message.attachment);
    if (found == stand_ins_.end())
      return; // It is over.
    auto to = found->second;
    to->on(message);
    drop_if_over(*to);
  } else {
    give_up({errc::bad_request, "the peer sent what only a caller may send"});
  }
}

} // namespace serval
