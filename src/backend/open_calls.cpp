#include "backend/open_calls.hpp"

namespace serval {

bool open_calls::add(const worker_call& call, process_body& owner) {
  return calls_
    .try_emplace(call.id.value, open_call{&owner, call.context, call.depth,
                                          call.request})
    .second;
}

const open_call* open_calls::find(call_id id) const noexcept {
  auto found = calls_.find(id.value);
  return found == calls_.end() ? nullptr : &found->second;
}

std::optional<open_call> open_calls::take(call_id id) {
  auto found = calls_.find(id.value);
  if (found == calls_.end())
    return std::nullopt;
  auto taken = std::move(found->second);
  calls_.erase(found);
  return taken;
}

call_id open_calls::overdue(time_point limit) const noexcept {
  for (auto& [id, call] : calls_)
    if (call.context->deadline < limit)
      return {id};
  return {};
}

std::vector<call_id> open_calls::of(const process_body& owner) const {
  std::vector<call_id> found;
  for (auto& [id, call] : calls_)
    if (call.owner == &owner)
      found.push_back({id});
  return found;
}

void open_calls::disown(const process_body& owner) noexcept {
  for (auto& [id, call] : calls_)
    if (call.owner == &owner)
      call.owner = nullptr;
}

} // namespace serval
