#include "app_master/app_master_actor.hpp"

#include "base/assert.hpp"
#include "base/defect.hpp"

#include <caf/actor_clock.hpp>
#include <caf/send.hpp>

#include <exception>
#include <thread>

namespace serval {

namespace {

/// Keeps reports coming although the actor may be gone by then.
template <class Message>
auto send_to(caf::actor target) {
  return [target = caf::actor_cast<caf::actor_addr>(target)](auto what) {
    if (auto actor = caf::actor_cast<caf::actor>(target))
      caf::anon_send(actor, Message{std::move(what)});
  };
}

std::string text_of(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& what) {
    return what.what();
  } catch (...) {
    return "an unknown exception";
  }
}

} // namespace

app_master_actor::app_master_actor(caf::actor_config& config,
                                   app_master_setup setup)
  : loop_actor(config), setup_(std::move(setup)), core_(setup_.core) {
  // nop
}

caf::behavior app_master_actor::make_behavior() {
  set_exception_handler([](std::exception_ptr& problem) {
    return caf::make_error(caf::sec::runtime_error, text_of(problem));
  });
  setup_.workers.connect(setup_.epoch, setup_.core.app,
                         send_to<app_found>(caf::actor{this}),
                         send_to<app_news>(caf::actor{this}));
  load_journal();
  return {
    [this](app_order& order) { take(order); },
    [this](app_question& question) { take(question); },
    [this](app_inquiry& inquiry) { take(inquiry); },
    [this](app_news& news) { take(news); },
    [this](const app_news_due&) {
      run(core_.on_reports(std::exchange(news_, {}), now()));
    },
    [this](app_found& found) {
      inventory_ = std::move(found.inventory);
      recover_if_complete();
    },
    [this](const journal_loaded& loaded) {
      if (!*loaded.from)
        return fail("its journal cannot be read: "
                    + loaded.from->error().message);
      journal_ = loaded.from->value();
      recover_if_complete();
    },
    [this](const journal_appended& appended) { take(appended); },
    [this](const app_compacted& compacted) {
      run(core_.on_compacted(*compacted.outcome, now()));
    },
    [this](const app_wake_up& wake_up) {
      if (wake_up.generation == timer_generation_)
        run(core_.on_timer(now()));
    },
  };
}

caf::resumable::resume_result
app_master_actor::resume(caf::execution_unit* host, std::size_t max) {
  assertions_throw contained;
  return loop_actor::resume(host, max);
}

void app_master_actor::on_exit() {
  setup_.workers.disconnect(setup_.epoch, setup_.core.app);
  replies_.clear();
  early_orders_.clear();
  early_questions_.clear();
  early_inquiries_.clear();
}

void app_master_actor::load_journal() {
  auto done = send_to<journal_loaded>(caf::actor{this});
  setup_.run_blocking([&store = setup_.store, app = setup_.core.app, done] {
    done(std::make_shared<const result<journal>>(store.read(app)));
  });
}

void app_master_actor::recover_if_complete() {
  if (recovered_ || !journal_ || !inventory_)
    return;
  run(core_.recover(*std::exchange(journal_, {}),
                    *std::exchange(inventory_, {}), now(),
                    setup_.left->last));
  recovered_ = true;
  for (auto& order : std::exchange(early_orders_, {}))
    take(order);
  for (auto& question : std::exchange(early_questions_, {}))
    take(question);
  for (auto& inquiry : std::exchange(early_inquiries_, {}))
    take(inquiry);
  if (!news_.empty())
    caf::anon_send(caf::actor{this}, app_news_due{});
}

void app_master_actor::fail(const std::string& why) {
  quit(caf::make_error(caf::sec::runtime_error, why));
}

void app_master_actor::take(app_news& news) {
  // Behind what has come already, so that a burst makes one turn.
  if (recovered_ && news_.empty())
    caf::anon_send(caf::actor{this}, app_news_due{});
  news_.push_back(std::move(news.report));
}

void app_master_actor::take(const journal_appended& appended) {
  run(core_.on_appended(*appended.outcome, now()));
  if (core_.out_of_step())
    fail("its journal is not as it knows it");
}

void app_master_actor::take(app_order& order) {
  if (!recovered_) {
    early_orders_.push_back(std::move(order));
    return;
  }
  auto ticket = ++last_ticket_;
  replies_.emplace(ticket, std::move(order.on_reply));
  if (setup_.journal_format)
    core_.write_up_to(setup_.journal_format());
  run(core_.handle(order.command, ticket, now()));
}

void app_master_actor::take(app_question& question) {
  if (recovered_)
    question.on_reply(core_.status(now()));
  else
    early_questions_.push_back(std::move(question));
}

void app_master_actor::take(app_inquiry& inquiry) {
  if (recovered_)
    inquiry.on_reply(core_.decisions(now()));
  else
    early_inquiries_.push_back(std::move(inquiry));
}

time_point app_master_actor::now() const {
  return system().clock().now();
}

void app_master_actor::run(effects what) {
  fail_point("turn");
  tell_routes();
  for (auto& one : what) {
    // The core's promise: nothing happens before its reason is durable.
    SERVAL_ASSERT(one.after <= core_.desired().last);
    if (orders_a_node(one) && !setup_.leads()) {
      setup_.on_withheld();
      continue;
    }
    std::visit([this](auto& x) { obey(x); }, one.what);
  }
}

void app_master_actor::obey(const probe_release& what) {
  kill_point("probe");
  setup_.workers.probe(setup_.epoch, setup_.core.app, what.release, what.spec);
}

void app_master_actor::obey(const start_worker& what) {
  kill_point("start_worker");
  fail_point("start_worker");
  setup_.workers.start(setup_.epoch, what.order);
}

void app_master_actor::obey(const stop_worker& what) {
  kill_point("stop_worker");
  setup_.workers.stop(setup_.epoch, setup_.core.app, what.key, what.drain);
}

void app_master_actor::obey(const publish_table& what) {
  kill_point("publish");
  fail_point("publish");
  setup_.workers.publish(setup_.epoch, what.table);
}

void app_master_actor::obey(append_changes& what) {
  append_request request{setup_.core.app, setup_.epoch, what.expected,
                         setup_.wall_clock(), std::move(what.changes)};
  auto done = send_to<journal_appended>(caf::actor{this});
  setup_.run_blocking(
    [&store = setup_.store, request = std::move(request), done] {
      kill_point("append");
      sequence last{request.expected.value + request.changes.size()};
      if (defect("acknowledge_before_durable")) {
        done(std::make_shared<const result<sequence>>(last));
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
      }
      auto outcome = store.append(request);
      kill_point("appended");
      if (!defect("acknowledge_before_durable"))
        done(std::make_shared<const result<sequence>>(std::move(outcome)));
    });
}

void app_master_actor::obey(const compact_journal& what) {
  auto done = send_to<app_compacted>(caf::actor{this});
  setup_.run_blocking([&store = setup_.store, app = setup_.core.app,
                       epoch = setup_.epoch, upto = what.upto, done] {
    done(std::make_shared<const result<journal_compacted>>(
      compact(store, app, epoch, upto)));
  });
}

void app_master_actor::obey(answer_command& what) {
  auto found = replies_.extract(what.ticket);
  SERVAL_ASSERT(!found.empty());
  kill_point("answer");
  found.mapped()(std::move(what.outcome));
  kill_point("answered");
  fail_point("answered");
}

void app_master_actor::obey(const set_timer& what) {
  auto wait = std::max(what.due - now(), duration::zero());
  delayed_anon_send(caf::actor{this}, wait,
                    app_wake_up{++timer_generation_});
}

void app_master_actor::obey(const leave_handover& what) {
  setup_.left->last = what.what;
}

void app_master_actor::tell_routes() {
  auto routes = core_.routes();
  if (routes == routes_)
    return;
  routes_ = routes;
  setup_.on_routes(std::move(routes));
}

} // namespace serval
