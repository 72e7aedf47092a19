#include "link/client_calls.hpp"

#include <algorithm>
#include <utility>

namespace serval {

client_reply local_reply(errc code, std::string_view detail,
                         bool maybe_executed) {
  client_reply result;
  result.status = http_status_of(code);
  result.code = to_string(code);
  result.body = detail;
  result.maybe_executed = maybe_executed;
  return result;
}

void client_calls::add(client::ticket id, std::optional<time_point> deadline,
                       client::reply_handler on_reply) {
  if (deadline)
    by_deadline_.emplace(*deadline, id);
  open_.emplace(id, open_call{std::move(on_reply), deadline});
}

std::optional<client_calls::ended>
client_calls::on_reply(const rpc_reply_message& message) {
  const auto& outcome = message.outcome;
  client_reply reply;
  if (outcome.ok()) {
    reply.status = 200;
    reply.body = outcome.body;
  } else {
    reply = local_reply(*outcome.code, outcome.body, outcome.maybe_executed);
    if (outcome.code == errc::rejected)
      reply.status = outcome.reject_status;
  }
  reply.request_id = message.request_id;
  reply.retry_after = message.retry_after;
  return end(message.id, std::move(reply));
}

std::optional<client_calls::ended> client_calls::end(client::ticket id,
                                                     client_reply reply) {
  auto found = open_.extract(id);
  if (!found)
    return std::nullopt;
  auto& call = found.mapped();
  if (call.deadline) {
    auto [first, last] = by_deadline_.equal_range(*call.deadline);
    by_deadline_.erase(std::find_if(
      first, last, [&](const auto& entry) { return entry.second == id; }));
  }
  return ended{std::move(call.on_reply), std::move(reply)};
}

std::vector<client_calls::ended>
client_calls::end_all(const client_reply& reply) {
  std::vector<client::ticket> ids;
  ids.reserve(open_.size());
  for (const auto& [id, call] : open_)
    ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  std::vector<ended> result;
  result.reserve(ids.size());
  for (auto id : ids)
    result.push_back(*end(id, reply));
  return result;
}

client::ticket client_calls::overdue(time_point now) const {
  if (by_deadline_.empty() || by_deadline_.begin()->first > now)
    return 0;
  return by_deadline_.begin()->second;
}

std::optional<time_point> client_calls::next_deadline() const {
  if (by_deadline_.empty())
    return std::nullopt;
  return by_deadline_.begin()->first;
}

} // namespace serval
