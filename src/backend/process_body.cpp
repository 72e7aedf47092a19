#include "backend/process_body.hpp"

#include "backend/process_link.hpp"
#include "base/assert.hpp"
#include "wire/call_batches.hpp"

#include <algorithm>

namespace serval {

namespace {

std::string in_seconds(duration span) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(span);
  return ms.count() % 1000 == 0 ? std::to_string(ms.count() / 1000) + " s"
                                : std::to_string(ms.count()) + " ms";
}

} // namespace

process_body::process_body(std::shared_ptr<worker_process> process,
                           body_order order, worker_body_events& events)
  : process_(std::move(process)),
    order_(std::move(order)),
    events_(events),
    id_(process_->enter(*this)),
    self_(std::make_shared<process_body*>(this)) {
  process_->home().arm(patience_,
                       loop::now() + process_->options().start_timeout);
  if (process_->up())
    on_process_up();
}

process_body::~process_body() {
  process_->leave(*this);
  // Others may still live in the process.
  if (state_ == state::starting || state_ == state::ready)
    static_cast<void>(process_->send(stop_worker_message{id_}));
}

void process_body::on_process_up() {
  if (state_ != state::starting)
    return;
  start_worker_message message;
  message.worker = id_;
  message.backend = order_.backend;
  message.plugin_fd = worker_plugin_fd;
  message.settings = order_.settings;
  message.concurrency = order_.limits.concurrency;
  message.queue = order_.limits.queue;
  message.stack_bytes = order_.limits.stack_bytes;
  static_cast<void>(process_->send(message));
}

void process_body::on_started() {
  if (state_ != state::starting)
    return;
  state_ = state::ready;
  patience_.cancel();
  events_.ready();
}

void process_body::on_failed(std::string_view why) {
  if (state_ == state::starting)
    end(false, {errc::bad_plugin, std::string{why}});
  else
    on_stopped();
}

void process_body::on_stopped() {
  if (state_ == state::stopping)
    end(true, {});
  else
    process_->kill("the worker process " + process_->options().label
                   + " broke the protocol: it ended a worker without being "
                     "asked");
}

void process_body::on_outgrown(std::uint64_t resident_bytes) {
  if (state_ == state::ready && order_.on_outgrown)
    order_.on_outgrown(resident_bytes);
}

void process_body::on_patience_over() {
  auto named = "backend \"" + order_.backend + "\"";
  if (state_ == state::starting)
    process_->kill(named + " hung while it was constructed: it was not ready "
                           "after "
                   + in_seconds(process_->options().start_timeout));
  else
    process_->kill(named + " did not stop in time; its process was killed");
}

void process_body::on_silence(bool silent) {
  if (state_ == state::ready)
    events_.silent(silent);
}

void process_body::on_process_end(const process_end& how) {
  events_.losing({process_->calls().of(*this), process_->culprit_of(*this)});
  bool stopped = state_ == state::stopping;
  end(stopped, stopped ? error{} : describe_end(how));
}

error process_body::describe_end(const process_end& how) const {
  using cause = process_end::cause;
  auto named = "backend \"" + order_.backend + "\"";
  bool starting = state_ == state::starting;
  auto code = starting ? errc::bad_plugin : errc::worker_died;
  if (how.what == cause::killed || how.what == cause::not_started)
    return {how.what == cause::killed ? code : errc::unavailable, how.text};
  if (!starting)
    return {code, "the process of " + named + " " + how.text};
  auto what = how.what == cause::crashed ? "crashed" : "ended its process";
  return {code, std::string{"the plugin "} + what + " while " + named
                  + " was constructed: the process " + how.text};
}

void process_body::end(bool stopped, error why) {
  state_ = state::ended;
  patience_.cancel();
  process_->leave(*this);
  events_.ended(stopped, std::move(why));
}

// -- calls --------------------------------------------------------------------

void process_body::submit(std::vector<worker_call> calls) {
  SERVAL_ASSERT(state_ == state::ready || state_ == state::stopping);
  if (calls_out_ == 0)
    busy_since_ = loop::now();
  calls_out_ += calls.size();
  std::erase_if(calls, [this](auto& call) {
    if (process_->calls().add(call, *this))
      return false;
    // A result could not be told from the other call's.
    finish_later({{call.id, outcome::failure(errc::internal,
                                             "a call of that id is open")}});
    return true;
  });
  for_each_call_batch(calls, [this](std::span<const worker_call> batch) {
    send_calls(batch);
  });
}

void process_body::send_calls(std::span<const worker_call> calls) {
  auto sent = process_->send(batch_of(id_, calls, loop::now()));
  if (sent)
    return;
  for (auto& call : calls)
    process_->calls().take(call.id);
  // The process has just died: its end is about to be told, and these are not
  // among what it received.
  if (sent.error().code == errc::link_lost)
    return;
  std::vector<call_result> refused;
  for (auto& call : calls)
    refused.push_back({call.id, outcome::failure(sent.error().code,
                                                 sent.error().message)});
  finish_later(std::move(refused));
}

void process_body::finish_later(std::vector<call_result> results) {
  process_->home().post(
    [weak = std::weak_ptr{self_}, results = std::move(results)] {
      if (auto self = weak.lock())
        (*self)->on_results(results);
    });
}

void process_body::cancel(call_id call) {
  static_cast<void>(process_->send(cancel_calls_message{{call}}));
}

void process_body::on_results(std::vector<call_result> results) {
  if (state_ == state::ended || results.empty())
    return;
  // As seen from here: what the calls took, and the way there and back.
  auto now = loop::now();
  auto busy = (now - std::exchange(busy_since_, now))
              / static_cast<std::int64_t>(results.size());
  calls_out_ -= results.size();
  events_.finished(std::move(results), busy);
}

// -- maps ---------------------------------------------------------------------

void process_body::on_map_begun(map_ticket ticket, call_id call,
                                map_request request) {
  events_.begin_map(ticket, call, std::move(request));
}

void process_body::on_map_ended(map_ticket ticket) {
  events_.end_map(ticket);
}

void process_body::map_done(map_ticket ticket, map_outcomes outcomes) {
  if (!process_->end_map({ticket}, *this))
    return;
  map_done_message message;
  message.map = {ticket};
  message.outcomes.reserve(outcomes.size());
  for (auto& each : outcomes)
    message.outcomes.emplace_back(each);
  auto sent = process_->send(message);
  if (sent || sent.error().code == errc::link_lost)
    return;
  // The call must not wait forever: it gets the failure in each piece's place.
  auto refused = outcome::failure(sent.error().code, sent.error().message);
  for (auto& each : message.outcomes)
    each = outcome_view{refused};
  if (auto again = process_->send(message); !again)
    process_->kill("the worker process " + process_->options().label
                   + " does not read what it asked for");
}

// -- the rest -----------------------------------------------------------------

void process_body::stop(duration grace) {
  if (state_ == state::stopping || state_ == state::ended)
    return;
  state_ = state::stopping;
  process_->home().arm(patience_, loop::now() + grace);
  if (!process_->up()) {
    // The worker was never asked for; if the process is ending, its end will be
    // told.
    if (process_->usable())
      process_->home().post([weak = std::weak_ptr{self_}] {
        if (auto self = weak.lock())
          (*self)->on_stopped();
      });
    return;
  }
  cancel_calls_message cancels{process_->calls().of(*this)};
  if (!cancels.calls.empty())
    static_cast<void>(process_->send(cancels));
  static_cast<void>(process_->send(stop_worker_message{id_}));
}

void process_body::reconfigure(settings next,
                               std::function<void(result<void>)> done) {
  reconfiguring_.push_back(std::move(done));
  static_cast<void>(process_->send(reconfigure_message{id_, std::move(next)}));
}

void process_body::check_health() {
  checking_health_ = true;
  static_cast<void>(process_->send(check_health_message{id_}));
}

void process_body::on_reconfigured(result<void> how) {
  if (reconfiguring_.empty())
    return process_->kill("the worker process " + process_->options().label
                          + " broke the protocol: it took settings that it "
                            "was not given");
  auto done = std::move(reconfiguring_.front());
  reconfiguring_.erase(reconfiguring_.begin());
  done(std::move(how));
}

void process_body::on_health(result<void> how) {
  if (std::exchange(checking_health_, false) && state_ == state::ready)
    events_.health_checked(std::move(how));
}

void process_body::on_log(std::string_view request_id, std::uint32_t level,
                          std::string_view text) {
  events_.log(request_id, level, text);
}

} // namespace serval
