#include "caf_layers.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <string>
#include <vector>

namespace {

constexpr long width = 32;

/// A sum that waits for so many answers.
struct open_sum {
  long total = 0;
  std::size_t left = 0;
};

caf::behavior leaf(caf::event_based_actor*) {
  return {[](const std::string& request) { return request; }};
}

struct layer {
  std::size_t next = 0;
};

caf::behavior middle(caf::stateful_actor<layer>* self,
                     std::vector<caf::actor> leaves) {
  return {[self, leaves](long count) {
    auto promise = self->make_response_promise<long>();
    auto sum = std::make_shared<open_sum>();
    sum->left = static_cast<std::size_t>(count);
    for (long i = 0; i < count; ++i) {
      auto& to = leaves[self->state.next++ % leaves.size()];
      self->request(to, caf::infinite, std::string{"x"})
        .then([sum, promise](const std::string& answer) mutable {
          sum->total += answer == "x";
          if (--sum->left == 0)
            promise.deliver(sum->total);
        });
    }
    return promise;
  }};
}

caf::behavior root(caf::stateful_actor<layer>* self,
                   std::vector<caf::actor> middles) {
  return {[self, middles](long count) {
    auto promise = self->make_response_promise<long>();
    auto sum = std::make_shared<open_sum>();
    sum->left = static_cast<std::size_t>((count + width - 1) / width);
    for (long left = count; left > 0; left -= width) {
      auto& to = middles[self->state.next++ % middles.size()];
      self->request(to, caf::infinite, std::min(left, width))
        .then([sum, promise](long answered) mutable {
          sum->total += answered;
          if (--sum->left == 0)
            promise.deliver(sum->total);
        });
    }
    return promise;
  }};
}

} // namespace

struct caf_layers::state {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::actor top;
};

caf_layers::caf_layers(std::size_t threads, int middles, int leaves)
  : state_(std::make_unique<state>()) {
  // The better of CAF's schedulers here; it does not poll while others run.
  state_->config.set("scheduler.policy", caf::atom("sharing"));
  state_->config.set("scheduler.max-threads", threads);
  state_->system = std::make_unique<caf::actor_system>(state_->config);
  std::vector<caf::actor> low;
  for (int i = 0; i < leaves; ++i)
    low.push_back(state_->system->spawn(leaf));
  std::vector<caf::actor> mid;
  for (int i = 0; i < middles; ++i)
    mid.push_back(state_->system->spawn(middle, low));
  state_->top = state_->system->spawn(root, mid);
  for (auto& each : mid)
    state_->top->attach_functor([each] {
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    });
  for (auto& each : low)
    state_->top->attach_functor([each] {
      caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
    });
}

caf_layers::~caf_layers() {
  caf::anon_send_exit(state_->top, caf::exit_reason::user_shutdown);
  state_->top = nullptr;
}

long caf_layers::ask(long leaves) {
  caf::scoped_actor self{*state_->system};
  long answered = 0;
  self->request(state_->top, caf::infinite, leaves)
    .receive([&](long found) { answered = found; }, [](caf::error&) {});
  return answered;
}
