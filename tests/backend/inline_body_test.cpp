// Goal: whatever an inline body held is let go on the body's loop, whichever
// thread was the last to work for it.
// Method: a plugin that tells which thread let it go, and a pool whose only
// thread is kept busy until the body is gone.

#include "backend/inline_body.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>

using namespace serval;

namespace {

struct no_events final : worker_body_events {
  void ready() override {
  }

  void ended(bool, error) override {
  }

  void finished(std::vector<call_result>, duration) override {
  }

  void begin_map(map_ticket, call_id, map_request) override {
  }

  void end_map(map_ticket) override {
  }

  void log(std::string_view, std::uint32_t, std::string_view) override {
  }
};

} // namespace

TEST_CASE("a body that ends before its instance is made lets everything go on "
          "its loop") {
  loop home{0};
  blocking_pool pool{1};
  std::promise<void> may_go_on;
  pool.run([go_on = may_go_on.get_future().share()] { go_on.wait(); });
  std::promise<bool> let_go_at_home;
  std::shared_ptr<shared_plugin> plugin{
    new shared_plugin{"/nowhere.so", {}, [](const error&) {}},
    [&](shared_plugin* which) {
      let_go_at_home.set_value(home.is_current());
      delete which;
    }};
  no_events events;
  home.start();
  home.post([&, plugin = std::move(plugin)]() mutable {
    auto body
      = make_inline_body({std::move(plugin), {}, {}, {}}, home, pool, events);
    body.reset();
    may_go_on.set_value();
  });
  CHECK(let_go_at_home.get_future().get());
}
