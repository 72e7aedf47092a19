#include "peer/forwarder.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <future>
#include <list>
#include <thread>

namespace serval {

namespace asio = boost::asio;

using asio::ip::tcp;
using boost::system::error_code;

struct forwarder::state {
  /// One connection, as two sockets.
  struct pair : std::enable_shared_from_this<pair> {
    explicit pair(state& owner, tcp::socket near)
      : owner(owner), near(std::move(near)), far(owner.io) {
      // nop
    }

    void start() {
      far.async_connect(owner.target,
                        [self = shared_from_this()](error_code failed) {
                          if (failed)
                            return self->reset();
                          self->pump(self->near, self->far, self->forth);
                          self->pump(self->far, self->near, self->back);
                        });
    }

    void pump(tcp::socket& from, tcp::socket& to,
              std::array<char, 65536>& buffer) {
      from.async_read_some(
        asio::buffer(buffer), [self = shared_from_this(), &from, &to, &buffer](
                                error_code failed, std::size_t count) {
          if (self->owner.frozen)
            return;
          if (failed)
            return self->reset();
          asio::async_write(to, asio::buffer(buffer.data(), count),
                            [self, &from, &to, &buffer](error_code broken,
                                                        std::size_t) {
                              if (broken)
                                return self->reset();
                              self->pump(from, to, buffer);
                            });
        });
    }

    void reset() {
      error_code ignored;
      for (auto* each : {&near, &far}) {
        each->set_option(asio::socket_base::linger(true, 0), ignored);
        each->close(ignored);
      }
    }

    state& owner;
    tcp::socket near;
    tcp::socket far;
    std::array<char, 65536> forth;
    std::array<char, 65536> back;
  };

  explicit state(std::uint16_t port)
    : target(asio::ip::address_v4::loopback(), port),
      acceptor(io, {asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread = std::thread{[this] { io.run(); }};
  }

  void accept() {
    acceptor.async_accept([this](error_code failed, tcp::socket peer) {
      if (failed)
        return;
      pairs.push_back(std::make_shared<pair>(*this, std::move(peer)));
      if (!frozen)
        pairs.back()->start();
      accept();
    });
  }

  void reset_all() {
    for (auto& each : pairs)
      each->reset();
    pairs.clear();
  }

  /// Runs `what` on the thread and waits for it.
  void run(const std::function<void()>& what) {
    std::promise<void> done;
    asio::post(io, [&] {
      what();
      done.set_value();
    });
    done.get_future().wait();
  }

  asio::io_context io;
  tcp::endpoint target;
  tcp::acceptor acceptor;
  std::list<std::shared_ptr<pair>> pairs;
  bool frozen = false;
  std::thread thread;
};

forwarder::forwarder(std::uint16_t port)
  : state_(std::make_unique<state>(port)) {
  // nop
}

forwarder::~forwarder() {
  state_->run([this] {
    state_->acceptor.close();
    state_->reset_all();
  });
  state_->io.stop();
  state_->thread.join();
}

std::uint16_t forwarder::port() const {
  return state_->acceptor.local_endpoint().port();
}

void forwarder::cut() {
  state_->run([this] { state_->reset_all(); });
}

void forwarder::freeze() {
  state_->run([this] { state_->frozen = true; });
}

void forwarder::thaw() {
  state_->run([this] {
    state_->frozen = false;
    state_->reset_all();
  });
}

} // namespace serval
