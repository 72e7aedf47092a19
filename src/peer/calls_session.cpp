#include "peer/calls_session.hpp"

#include "wire/call_batches.hpp"

#include <utility>

namespace serval {

/// A dispatcher of the peer.
class calls_session::attachment final : public far_dispatcher,
                                        private gateway_user {
public:
  attachment(gateways& relays, peer_sender& link, const peer_attach& asked)
    : relays_(relays),
      link_(link),
      number_(asked.attachment),
      release_(asked.app, asked.release) {
    relays_.add(release_, *this);
  }

  ~attachment() override {
    relays_.remove(release_, *this);
    gateway_closed();
  }

  /// Null while this node has nothing of the release.
  relay* gateway() const noexcept {
    return gateway_;
  }

  // -- far_dispatcher ---------------------------------------------------------

  void worker_up(worker_id worker, const std::string& backend,
                 std::uint32_t concurrency) override {
    tell(peer_worker_up{number_, worker, backend, concurrency}, worker);
  }

  void worker_drain(worker_id worker) override {
    tell(peer_worker_drain{number_, worker}, worker);
  }

  void worker_down(worker_id worker,
                   const std::optional<std::vector<call_id>>& started)
    override {
    tell(peer_worker_down{number_, worker, started}, worker);
  }

  void results(ended_calls ended) override {
    for_each_result_batch(
      ended.results, [&](std::span<const call_result> batch) {
        peer_results message{number_, ended.from, ended.busy_per_call,
                             ended.in_hand, batch_of(batch)};
        if (auto sent = link_.say(message, ended.from); !sent)
          tell_unsent(std::move(message), sent.error());
      });
  }

  void suspended(worker_id worker, std::int32_t change) override {
    tell(peer_suspended{number_, worker, change}, worker);
  }

  void silence(worker_id worker, bool silent) override {
    tell(peer_silence{number_, worker, silent}, worker);
  }

private:
  void gateway_opened(relay& gateway) override {
    gateway_ = &gateway;
    gateway.attach(*this);
  }

  void gateway_closed() override {
    if (auto* gateway = std::exchange(gateway_, nullptr))
      gateway->detach(*this);
  }

  /// What the peer must hear, or the two have different pictures.
  void tell(const auto& message, worker_id about) {
    if (auto sent = link_.say(message, about); !sent)
      link_.give_up(sent.error());
  }

  /// Answers that are too long, or too many, are told to be lost: that little
  /// goes ahead of all that waits.
  void tell_unsent(peer_results message, const error& why) {
    for (auto& each : message.batch.results) {
      each.outcome = {};
      each.outcome.code = why.code;
      each.outcome.maybe_executed = true;
      each.outcome.body = why.message;
    }
    auto sent = link_.say(message, message.worker, traffic_class::control);
    if (!sent)
      link_.give_up(sent.error());
  }

  gateways& relays_;
  peer_sender& link_;
  attachment_number number_;
  release_key release_;
  relay* gateway_ = nullptr;
};

calls_session::calls_session(gateways& relays, peer_sender& link,
                             std::function<time_point()> now)
  : relays_(relays), link_(link), now_(std::move(now)) {
  // nop
}

calls_session::~calls_session() = default;

void calls_session::on_message(traffic_class, bytes_view message) {
  auto decoded = decode_peer_message(message);
  if (!decoded)
    return link_.give_up(decoded.error());
  std::visit(
    [this](const auto& each) {
      if constexpr (requires { on(each); })
        on(each);
      else
        link_.give_up({errc::bad_request,
                       "the peer sent what only a worker's node may send"});
    },
    *decoded);
}

calls_session::attachment* calls_session::find(attachment_number number) {
  auto found = attachments_.find(number);
  return found == attachments_.end() ? nullptr : found->second.get();
}

void calls_session::on(const peer_attach& message) {
  if (attachments_.size() == attachments_max || find(message.attachment))
    return link_.give_up({errc::bad_request, "the peer attached a release "
                                             "twice, or too many"});
  attachments_.emplace(message.attachment, std::make_unique<attachment>(
                                             relays_, link_, message));
}

void calls_session::on(const peer_detach& message) {
  attachments_.erase(message.attachment);
}

void calls_session::on(const peer_calls& message) {
  auto* from = find(message.attachment);
  if (from == nullptr)
    return link_.give_up({errc::bad_request,
                          "the peer called without attaching"});
  auto calls = calls_of(message.batch, now_());
  if (auto* gateway = from->gateway())
    return gateway->calls(*from, message.batch.worker, std::move(calls));
  // The release went while the calls were on their way.
  ended_calls refused;
  refused.from = message.batch.worker;
  for (auto& call : calls)
    refused.results.push_back({call.id, outcome::failure(
                                          errc::worker_died,
                                          "the worker is gone")});
  from->results(std::move(refused));
}

void calls_session::on(const peer_cancel& message) {
  auto* from = find(message.attachment);
  if (from != nullptr && from->gateway() != nullptr)
    from->gateway()->cancel(*from, message.calls);
}

void calls_session::on(const peer_drain_acknowledged& message) {
  auto* from = find(message.attachment);
  if (from != nullptr && from->gateway() != nullptr)
    from->gateway()->drain_acknowledged(*from, message.worker);
}

} // namespace serval
