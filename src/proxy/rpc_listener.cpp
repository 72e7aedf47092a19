#include "proxy/rpc_listener.hpp"

#include "link/link.hpp"
#include "link/link_listener.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <unordered_map>
#include <utility>

namespace serval {

namespace asio = boost::asio;

namespace {

// What a message may have besides its body.
constexpr std::size_t envelope_bytes = 4096;

address_sharing to_address_sharing(port_sharing sharing) {
  switch (sharing) {
    case port_sharing::none:
      break;
    case port_sharing::first:
      return address_sharing::first;
    case port_sharing::join:
      return address_sharing::join;
  }
  return address_sharing::none;
}

} // namespace

/// Posted work keeps it alive after the listener is gone.
class rpc_listener::impl : public std::enable_shared_from_this<impl> {
public:
  impl(asio::io_context& loop, const rpc_settings& settings,
       request_observer& observer, access_log* log)
    : loop_(loop), ingress_(settings, observer, log), linger_timer_(loop) {
    link_settings_.hello.role = link_role::node;
    link_settings_.welcome = {link_role::client};
    link_settings_.message_max = settings.body_bytes + envelope_bytes;
  }

  result<std::uint16_t> listen(const listen_address& address,
                               port_sharing sharing) {
    if (!is_loopback(address) && !link_settings_.tls)
      return error{errc::bad_request,
                   "cannot listen for RPC on " + to_string(address)
                     + " without encryption, since other machines can reach "
                       "it; give it a certificate, or set [rpc] listen to "
                     + to_string({"127.0.0.1", address.port})};
    auto opened
      = link_listener::open(loop_, {address.host, address.port, {}},
                            to_address_sharing(sharing),
                            [this](unique_fd fd) { accept(std::move(fd)); });
    return begin(std::move(opened));
  }

  result<std::uint16_t> adopt(unique_fd listening) {
    return begin(link_listener::adopt(
      loop_, std::move(listening),
      [this](unique_fd fd) { accept(std::move(fd)); }));
  }

  int descriptor() const noexcept {
    return listener_.descriptor();
  }

  void use(tls_context_ptr tls) {
    link_settings_.tls = std::move(tls);
  }

  void use(token_table_ptr tokens) {
    ingress_.tokens = tokens && tokens->guards_some() ? std::move(tokens)
                                                      : nullptr;
  }

  void use(std::shared_ptr<const routing_table> table) {
    ingress_.table = std::move(table);
  }

  void stop(std::function<void()> on_closed, duration linger) {
    listener_.close();
    on_closed_ = std::move(on_closed);
    if (linger == duration::zero() || clients_.empty())
      return refuse_calls();
    linger_timer_.expires_after(linger);
    linger_timer_.async_wait(
      [self = shared_from_this()](const boost::system::error_code& failure) {
        if (!failure)
          self->refuse_calls();
      });
  }

  void abort() {
    listener_.close();
    linger_timer_.cancel();
    on_closed_ = nullptr;
    clients_.clear();
  }

  std::size_t connections() const noexcept {
    return clients_.size();
  }

  std::size_t in_flight() const noexcept {
    std::size_t result = 0;
    for (const auto& [number, client] : clients_)
      result += client->session.size();
    return result;
  }

private:
  /// A client's link and its session.
  struct client : link_handler {
    client(impl& owner, std::uint64_t number)
      : owner(owner),
        number(number),
        session(
          owner.ingress_,
          [this](bytes_view message, std::uint64_t id) {
            auto sent = link.send(traffic_class::request, message,
                                  static_cast<std::uint16_t>(id));
            this->owner.replied();
            return sent;
          },
          [this] { this->owner.drop_later(this->number); }) {
      // nop
    }

    void on_ready(const link_hello&) override {
      // nop
    }

    void on_message(traffic_class, bytes_view message) override {
      // Dropped, the client takes this object along.
      if (auto taken = session.receive(message); !taken)
        owner.drop(number);
    }

    void on_closed(const error&) override {
      owner.drop(number);
    }

    impl& owner;
    std::uint64_t number;
    /// Outlives the session, which may reply as it ends.
    peer_link link;
    rpc_session session;
  };

  result<std::uint16_t> begin(result<link_listener> opened) {
    if (!opened)
      return opened.error();
    listener_ = std::move(*opened);
    return listener_.address().port;
  }

  void refuse_calls() {
    ingress_.stopping = true;
    close_idle_later();
  }

  void accept(unique_fd fd) {
    auto& settings = ingress_.settings;
    if (clients_.size() >= settings.connections
        || (settings.memory != nullptr
            && *settings.memory >= memory_stage::refuse))
      return;
    auto number = ++numbers_;
    auto& made = *clients_
                    .emplace(number, std::make_unique<client>(*this, number))
                    .first->second;
    made.link = peer_link{loop_, fd.release(), link_settings_, made};
  }

  void drop(std::uint64_t number) {
    auto gone = clients_.extract(number);
    if (on_closed_ && clients_.empty())
      refuse_calls();
  }

  /// For a client that is in use further up the stack.
  void drop_later(std::uint64_t number) {
    asio::post(loop_, [self = shared_from_this(), number] {
      self->drop(number);
    });
  }

  void replied() {
    if (ingress_.stopping)
      close_idle_later();
  }

  void close_idle_later() {
    asio::post(loop_, [self = shared_from_this()] { self->close_idle(); });
  }

  /// While stopping: clients without requests go, and after the last of them
  /// the owner is told.
  void close_idle() {
    std::erase_if(clients_, [](const auto& entry) {
      return entry.second->session.size() == 0;
    });
    if (clients_.empty() && on_closed_) {
      linger_timer_.cancel();
      std::exchange(on_closed_, nullptr)();
    }
  }

  asio::io_context& loop_;
  rpc_ingress ingress_;
  link_settings link_settings_;
  link_listener listener_;
  std::unordered_map<std::uint64_t, std::unique_ptr<client>> clients_;
  std::uint64_t numbers_ = 0;
  std::function<void()> on_closed_;
  asio::steady_timer linger_timer_;
};

rpc_listener::rpc_listener(asio::io_context& loop, const rpc_settings& settings,
                           request_observer& observer, access_log* log)
  : impl_(std::make_shared<impl>(loop, settings, observer, log)) {
  // nop
}

rpc_listener::~rpc_listener() {
  impl_->abort();
}

result<std::uint16_t> rpc_listener::listen(const listen_address& address,
                                           port_sharing sharing) {
  return impl_->listen(address, sharing);
}

result<std::uint16_t> rpc_listener::adopt(unique_fd listening) {
  return impl_->adopt(std::move(listening));
}

int rpc_listener::descriptor() const {
  return impl_->descriptor();
}

void rpc_listener::use(tls_context_ptr tls) {
  impl_->use(std::move(tls));
}

void rpc_listener::use(token_table_ptr tokens) {
  impl_->use(std::move(tokens));
}

void rpc_listener::use(std::shared_ptr<const routing_table> table) {
  impl_->use(std::move(table));
}

void rpc_listener::stop(std::function<void()> on_closed, duration linger) {
  impl_->stop(std::move(on_closed), linger);
}

std::size_t rpc_listener::connections() const noexcept {
  return impl_->connections();
}

std::size_t rpc_listener::in_flight() const noexcept {
  return impl_->in_flight();
}

} // namespace serval
