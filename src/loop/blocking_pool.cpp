#include "loop/blocking_pool.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace serval {

struct blocking_pool::state {
  boost::asio::thread_pool threads;

  explicit state(std::size_t count) : threads(count) {
    // nop
  }
};

blocking_pool::blocking_pool(std::size_t threads)
  : state_(std::make_unique<state>(threads)) {
  // nop
}

blocking_pool::~blocking_pool() {
  state_->threads.stop();
  state_->threads.join();
}

void blocking_pool::run(std::function<void()> work) {
  boost::asio::post(state_->threads, std::move(work));
}

} // namespace serval
