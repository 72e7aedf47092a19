#include "link/plain_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace serval {

namespace asio = boost::asio;

struct plain_loop::state {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{
    io.get_executor()};
};

plain_loop::plain_loop() : state_(std::make_unique<state>()) {
  // nop
}

plain_loop::~plain_loop() = default;

asio::io_context& plain_loop::io() noexcept {
  return state_->io;
}

void plain_loop::run() {
  state_->io.run();
}

void plain_loop::stop() {
  state_->io.stop();
}

void plain_loop::post(std::function<void()> what) {
  asio::post(state_->io, std::move(what));
}

} // namespace serval
