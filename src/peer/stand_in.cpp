#include "peer/stand_in.hpp"

#include "wire/call_batches.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

/// Workers of one release on one peer.
constexpr std::size_t workers_max = 100'000;

} // namespace

class stand_in::far_worker final : public near_worker {
public:
  far_worker(stand_in& owner, worker_id theirs, worker_id here)
    : theirs(theirs), here(here), owner_(owner) {
    // nop
  }

  void take_calls(std::vector<worker_call> calls) override {
    owner_.send_calls(*this, calls);
  }

  void cancel_calls(const std::vector<call_id>& calls) override {
    // Whatever has become of the link, nobody waits for these.
    static_cast<void>(owner_.link_.say(
      peer_cancel{owner_.setup_.attachment, calls}, theirs));
  }

  worker_id theirs; ///< Its id on the peer.
  worker_id here;   ///< Its id in the dispatcher.
  /// Calls that it has.
  std::size_t in_flight = 0;
  bool draining = false;

private:
  stand_in& owner_;
};

stand_in::stand_in(stand_in_setup setup, peer_sender& link)
  : setup_(std::move(setup)), link_(link) {
  // nop
}

stand_in::~stand_in() {
  link_lost();
}

stand_in::far_worker* stand_in::find(worker_id theirs) {
  auto found = workers_.find(theirs.value);
  return found == workers_.end() ? nullptr : found->second.get();
}

// -- the link -----------------------------------------------------------------

void stand_in::link_ready() {
  linked_ = true;
  if (leaving_)
    return;
  auto asked = link_.say(
    peer_attach{setup_.attachment, setup_.app, setup_.release});
  if (!asked)
    link_.give_up(asked.error());
}

void stand_in::link_lost() {
  linked_ = false;
  // None of them may get what the others lose.
  for (auto& [id, worker] : workers_)
    drain(*worker);
  while (!workers_.empty())
    forget(workers_.begin()->second->theirs, std::nullopt);
}

void stand_in::on(const peer_worker_up& message) {
  if (leaving_)
    return;
  std::string backend{message.backend};
  if (!setup_.table->has_backend(backend) || find(message.worker) != nullptr
      || workers_.size() == workers_max)
    return link_.give_up({errc::bad_request,
                          "the peer announced a worker that cannot be: "
                            + std::to_string(message.worker.value)
                            + " of backend '" + backend + "'"});
  auto here = setup_.new_id();
  auto& worker
    = *workers_
         .emplace(message.worker.value, std::make_unique<far_worker>(
                                          *this, message.worker, here))
         .first->second;
  setup_.table->add_worker(
    backend, {here, message.concurrency, setup_.where, message.worker},
    worker);
}

void stand_in::on(const peer_worker_drain& message) {
  auto* worker = find(message.worker);
  if (worker == nullptr)
    return;
  drain(*worker);
  auto said = link_.say(
    peer_drain_acknowledged{setup_.attachment, message.worker},
    message.worker);
  // The peer would wait for it.
  if (!said)
    link_.give_up(said.error());
  if (leaving_)
    forget_if_idle(*worker);
}

void stand_in::on(const peer_worker_down& message) {
  forget(message.worker, message.started);
}

void stand_in::on(const peer_results& message) {
  auto* worker = find(message.worker);
  if (worker == nullptr)
    return;
  std::vector<call_result> results;
  results.reserve(message.batch.results.size());
  for (auto& each : message.batch.results)
    results.push_back({each.call, each.outcome.to_outcome()});
  // A worker has no more results than calls.
  if (results.size() > worker->in_flight)
    return link_.give_up(
      {errc::bad_request, "the peer sent results of calls that it never had"});
  worker->in_flight -= results.size();
  setup_.table->set_load(worker->here,
                         message.in_hand
                           + static_cast<std::uint32_t>(results.size()));
  setup_.table->take_results(worker->here, std::move(results),
                             message.busy_per_call);
  if (leaving_ && (worker = find(message.worker)) != nullptr)
    forget_if_idle(*worker);
}

void stand_in::on(const peer_suspended& message) {
  if (auto* worker = find(message.worker))
    setup_.table->add_suspended(worker->here, message.change);
}

void stand_in::on(const peer_silence& message) {
  if (auto* worker = find(message.worker))
    setup_.table->set_silent(worker->here, message.silent);
}

// -- workers ------------------------------------------------------------------

void stand_in::drain(far_worker& worker) {
  if (!std::exchange(worker.draining, true))
    setup_.table->drain_worker(worker.here);
}

void stand_in::forget(worker_id theirs,
                      const std::optional<std::vector<call_id>>& started) {
  auto found = workers_.find(theirs.value);
  if (found == workers_.end())
    return;
  // Alive until the dispatcher has let go of it.
  auto worker = std::move(found->second);
  workers_.erase(found);
  setup_.table->lose_worker(worker->here, started);
}

void stand_in::forget_if_idle(far_worker& worker) {
  if (worker.in_flight == 0)
    forget(worker.theirs, std::nullopt);
}

void stand_in::leave() {
  if (std::exchange(leaving_, true))
    return;
  for (auto& [id, worker] : workers_)
    drain(*worker);
  std::vector<worker_id> idle;
  for (auto& [id, worker] : workers_)
    if (worker->in_flight == 0)
      idle.push_back(worker->theirs);
  for (auto theirs : idle)
    forget(theirs, std::nullopt);
}

// -- calls --------------------------------------------------------------------

void stand_in::send_calls(far_worker& worker,
                          const std::vector<worker_call>& calls) {
  worker.in_flight += calls.size();
  for_each_call_batch(calls, [&](std::span<const worker_call> batch) {
    if (!linked_)
      return refuse(worker, batch, {errc::link_lost, "the link is lost"});
    auto sent = link_.say(
      peer_calls{setup_.attachment,
                 batch_of(worker.theirs, batch, setup_.now())},
      worker.theirs);
    if (!sent)
      refuse(worker, batch, sent.error());
  });
}

/// Answers later, since the dispatcher is the caller.
void stand_in::refuse(const far_worker& worker,
                      std::span<const worker_call> calls, const error& why) {
  std::vector<call_result> refused;
  for (auto& call : calls)
    refused.push_back({call.id, outcome::failure(why.code, why.message)});
  setup_.later([weak = weak_from_this(), theirs = worker.theirs,
                here = worker.here, refused = std::move(refused)] {
    auto self = weak.lock();
    auto* worker = self ? self->find(theirs) : nullptr;
    // It may be another's, or gone with all its calls.
    if (worker == nullptr || worker->here != here)
      return;
    worker->in_flight -= refused.size();
    self->setup_.table->take_results(here, refused, {});
    if (self->leaving_ && (worker = self->find(theirs)) != nullptr)
      self->forget_if_idle(*worker);
  });
}

} // namespace serval
