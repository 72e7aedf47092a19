#include "peer/relay.hpp"

#include <utility>

namespace serval {

namespace {

/// An id's upper byte says whose call it is; see `dispatcher/call_numbers.hpp`.
constexpr unsigned number_shift = 56;

void refuse(far_dispatcher& from, worker_id worker,
            const std::vector<worker_call>& calls, errc code,
            const std::string& why) {
  ended_calls refused;
  refused.from = worker;
  for (auto& call : calls)
    refused.results.push_back({call.id, outcome::failure(code, why)});
  from.results(std::move(refused));
}

} // namespace

relay::relay(std::uint8_t number, relay_effects& effects)
  : number_(number), effects_(effects) {
  // nop
}

// -- workers of this node -----------------------------------------------------

void relay::worker_up(worker_id worker, std::string backend,
                      std::uint32_t concurrency) {
  auto& entry = workers_[worker];
  entry = {};
  entry.backend = std::move(backend);
  entry.concurrency = concurrency;
  for (auto& [each, ids] : dispatchers_)
    each->worker_up(worker, entry.backend, concurrency);
}

void relay::worker_drain(worker_id worker) {
  auto found = workers_.find(worker);
  if (found == workers_.end() || found->second.draining)
    return;
  auto& entry = found->second;
  entry.draining = true;
  if (dispatchers_.empty())
    return effects_.acknowledge_drain(worker);
  for (auto& [each, ids] : dispatchers_) {
    entry.unacknowledged.insert(each);
    each->worker_drain(worker);
  }
}

void relay::worker_down(worker_id worker,
                        const std::optional<std::vector<call_id>>& started) {
  if (workers_.erase(worker) == 0)
    return;
  std::map<far_dispatcher*, std::vector<call_id>> theirs;
  if (started)
    for (auto own : *started)
      if (auto found = calls_.find(own.value); found != calls_.end())
        theirs[found->second.from].push_back(found->second.theirs);
  boost::unordered::erase_if(calls_, [&](auto& each) {
    auto& call = each.second;
    if (call.worker != worker)
      return false;
    dispatchers_[call.from].erase(call.theirs.value);
    return true;
  });
  for (auto& [each, ids] : dispatchers_)
    each->worker_down(worker, started ? std::optional{std::move(theirs[each])}
                                      : std::nullopt);
}

void relay::results(ended_calls ended) {
  auto all = std::exchange(ended.results, {});
  while (!all.empty()) {
    far_dispatcher* to = nullptr;
    std::vector<call_result> rest;
    // Nearly always all are one dispatcher's.
    for (auto& each : all) {
      auto found = calls_.find(each.id.value);
      if (found == calls_.end())
        continue; // Whoever asked is gone.
      if (to == nullptr)
        to = found->second.from;
      if (found->second.from != to) {
        rest.push_back(std::move(each));
        continue;
      }
      each.id = found->second.theirs;
      dispatchers_[to].erase(each.id.value);
      calls_.erase(found);
      ended.results.push_back(std::move(each));
    }
    if (to != nullptr)
      to->results({ended.from, std::exchange(ended.results, {}),
                   ended.busy_per_call, ended.in_hand});
    all = std::move(rest);
  }
}

void relay::suspended(call_id call, std::int32_t change) {
  auto found = calls_.find(call.value);
  if (found != calls_.end())
    found->second.from->suspended(found->second.worker, change);
}

void relay::silence(worker_id worker, bool silent) {
  auto found = workers_.find(worker);
  if (found == workers_.end())
    return;
  found->second.silent = silent;
  for (auto& [each, ids] : dispatchers_)
    each->silence(worker, silent);
}

// -- dispatchers elsewhere ----------------------------------------------------

void relay::attach(far_dispatcher& who) {
  if (!dispatchers_.try_emplace(&who).second)
    return;
  for (auto& [id, worker] : workers_) {
    if (worker.draining)
      continue;
    who.worker_up(id, worker.backend, worker.concurrency);
    if (worker.silent)
      who.silence(id, true);
  }
}

void relay::detach(far_dispatcher& who) {
  auto gone = dispatchers_.find(&who);
  if (gone == dispatchers_.end())
    return;
  auto ids = std::move(gone->second);
  dispatchers_.erase(gone);
  std::map<worker_id, std::vector<call_id>> unwanted;
  for (auto& [theirs, own] : ids)
    if (auto call = take({own}))
      unwanted[call->worker].push_back({own});
  for (auto& [worker, calls] : unwanted)
    effects_.cancel(worker, std::move(calls));
  for (auto& [id, worker] : workers_)
    acknowledged(id, worker, who);
}

std::optional<relay::open_call> relay::take(call_id own) {
  auto found = calls_.find(own.value);
  if (found == calls_.end())
    return std::nullopt;
  auto taken = found->second;
  calls_.erase(found);
  return taken;
}

bool relay::takes_calls(far_dispatcher& from, const known_worker& worker) {
  return !worker.draining || worker.unacknowledged.contains(&from);
}

void relay::calls(far_dispatcher& from, worker_id to,
                  std::vector<worker_call> calls) {
  auto dispatcher = dispatchers_.find(&from);
  if (dispatcher == dispatchers_.end())
    return;
  auto worker = workers_.find(to);
  if (worker == workers_.end() || !takes_calls(from, worker->second))
    return refuse(from, to, calls, errc::worker_died, "the worker is gone");
  if (calls_.size() + calls.size() > calls_max)
    return refuse(from, to, calls, errc::overload,
                  "too many calls of other nodes are open here");
  std::erase_if(calls, [&](worker_call& call) {
    auto own = std::uint64_t{number_} << number_shift | ++last_call_;
    // A second result could not be told from the first one's.
    if (!dispatcher->second.try_emplace(call.id.value, own).second)
      return true;
    calls_.emplace(own, open_call{&from, call.id, to});
    call.id = {own};
    return false;
  });
  if (!calls.empty())
    effects_.send(to, std::move(calls));
}

void relay::cancel(far_dispatcher& from, const std::vector<call_id>& calls) {
  auto dispatcher = dispatchers_.find(&from);
  if (dispatcher == dispatchers_.end())
    return;
  std::map<worker_id, std::vector<call_id>> unwanted;
  for (auto theirs : calls) {
    auto own = dispatcher->second.find(theirs.value);
    if (own != dispatcher->second.end())
      unwanted[calls_.at(own->second).worker].push_back({own->second});
  }
  for (auto& [worker, own] : unwanted)
    effects_.cancel(worker, std::move(own));
}

void relay::drain_acknowledged(far_dispatcher& from, worker_id worker) {
  auto found = workers_.find(worker);
  if (found != workers_.end())
    acknowledged(worker, found->second, from);
}

void relay::acknowledged(worker_id worker, known_worker& entry,
                         far_dispatcher& by) {
  if (entry.unacknowledged.erase(&by) > 0 && entry.unacknowledged.empty())
    effects_.acknowledge_drain(worker);
}

} // namespace serval
