#include "simulation/disk.hpp"

#include "simulation/event_loop.hpp"

#include <algorithm>

namespace serval::simulation {

error disk::full() const {
  return {errc::store_failed, "no space left on device"};
}

void disk::maybe_cut() {
  if (happens(random_, faults_.cut))
    throw power_cut{};
}

result<void> disk::write_log(std::string_view bytes) {
  if (happens(random_, faults_.write_fails)) {
    log_ += bytes.substr(
      0, random_.below(static_cast<std::uint32_t>(bytes.size())));
    return full();
  }
  log_ += bytes;
  maybe_cut();
  return {};
}

result<void> disk::sync_log() {
  maybe_cut();
  if (happens(random_, faults_.sync_fails)) {
    doubtful_.push_back({synced_, log_.size()});
    synced_ = log_.size();
    return error{errc::store_failed, "input/output error"};
  }
  synced_ = log_.size();
  maybe_cut();
  return {};
}

result<void> disk::write_mark(std::uint64_t value) {
  auto& slot = slots_[slots_[0] > slots_[1] ? 1 : 0];
  auto before = slot;
  // Torn, unless something else becomes of it.
  slot.reset();
  maybe_cut();
  if (happens(random_, faults_.write_fails)) {
    slot = before;
    return full();
  }
  if (happens(random_, faults_.sync_fails)) {
    if (random_.below(2) == 0)
      slot = value;
    return error{errc::store_failed, "input/output error"};
  }
  slot = value;
  maybe_cut();
  return {};
}

std::optional<std::uint64_t> disk::mark() const noexcept {
  return std::max(slots_[0], slots_[1]);
}

void disk::rewrite_log(std::size_t size) {
  log_.resize(std::min(log_.size(), size));
  synced_ = log_.size();
  doubtful_.clear();
}

void disk::lose_power() {
  auto unsynced = static_cast<std::uint32_t>(log_.size() - synced_);
  if (unsynced > 0) {
    log_.resize(synced_ + random_.below(unsynced + 1));
    // A sector that was being written may hold anything.
    if (log_.size() > synced_ && random_.below(3) == 0)
      log_.back() = static_cast<char>(~log_.back());
  }
  for (auto [begin, end] : doubtful_)
    if (random_.below(2) == 0)
      std::fill(log_.begin() + static_cast<std::ptrdiff_t>(begin),
                log_.begin()
                  + static_cast<std::ptrdiff_t>(std::min(end, log_.size())),
                '\0');
  doubtful_.clear();
  synced_ = log_.size();
}

void disk::lose_end() {
  if (log_.empty())
    return;
  auto size = static_cast<std::uint32_t>(log_.size());
  rewrite_log(size - 1 - random_.below(std::min(size, 2000u)));
  lost_end_ = true;
}

} // namespace serval::simulation
