#pragma once

#include "trigger/request_entry.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace serval {

/// The requests that a trigger has in progress, each under a ticket that is not
/// given out again: a late cancel or result cannot hit another request.
template <class Request>
class open_requests {
public:
  request_entry::ticket add(Request request) {
    std::uint32_t at;
    if (free_.empty()) {
      at = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      at = free_.back();
      free_.pop_back();
    }
    auto& slot = slots_[at];
    slot.taken = true;
    slot.request = std::move(request);
    return ticket_of(at);
  }

  /// The request under that ticket, or null if it is over.
  Request* find(request_entry::ticket ticket) {
    auto at = static_cast<std::uint32_t>(ticket);
    if (at >= slots_.size() || !slots_[at].taken || ticket_of(at) != ticket)
      return nullptr;
    return &slots_[at].request;
  }

  /// Takes the request out. REQUIRES: find(ticket) != nullptr
  Request remove(request_entry::ticket ticket) {
    auto at = static_cast<std::uint32_t>(ticket);
    auto& slot = slots_[at];
    slot.taken = false;
    ++slot.generation;
    free_.push_back(at);
    return std::exchange(slot.request, {});
  }

  /// Those of all requests in progress.
  std::vector<request_entry::ticket> tickets() const {
    std::vector<request_entry::ticket> found;
    for (std::uint32_t at = 0; at < slots_.size(); ++at)
      if (slots_[at].taken)
        found.push_back(ticket_of(at));
    return found;
  }

  std::size_t size() const noexcept {
    return slots_.size() - free_.size();
  }

private:
  struct slot {
    Request request;
    /// Never 0, so that no ticket is 0.
    std::uint32_t generation = 1;
    bool taken = false;
  };

  request_entry::ticket ticket_of(std::uint32_t at) const {
    return std::uint64_t{slots_[at].generation} << 32 | at;
  }

  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
};

} // namespace serval
