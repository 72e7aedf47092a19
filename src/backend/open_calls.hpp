#pragma once

#include "model/call.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace serval {

class process_body;

/// A call that a worker process has not answered yet.
struct open_call {
  /// Whose call it is; null once nobody waits for its result.
  process_body* owner = nullptr;
  std::shared_ptr<const request_context> context;
  std::uint32_t depth = 0;
  /// Its bytes, should it turn out to be what has killed the process.
  payload request;
};

/// The calls that one worker process has not answered yet: what it may speak
/// about, and what is lost when it dies. Pure.
class open_calls {
public:
  bool empty() const noexcept {
    return calls_.empty();
  }

  std::size_t size() const noexcept {
    return calls_.size();
  }

  /// False if a call of that id is open already.
  bool add(const worker_call& call, process_body& owner);

  /// Null if there is no such call.
  const open_call* find(call_id id) const noexcept;

  /// Ends a call. Nothing if there is no such call.
  std::optional<open_call> take(call_id id);

  /// A call of some owner whose deadline was before `limit`; 0 if there is
  /// none.
  call_id overdue(time_point limit) const noexcept;

  std::vector<call_id> of(const process_body& owner) const;

  /// Nobody waits for `owner`'s calls any more.
  void disown(const process_body& owner) noexcept;

private:
  boost::unordered_flat_map<std::uint64_t, open_call> calls_;
};

} // namespace serval
