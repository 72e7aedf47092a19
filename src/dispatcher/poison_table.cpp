#include "dispatcher/poison_table.hpp"

#include "base/defect.hpp"

#include <functional>

namespace serval {

namespace {

constexpr std::size_t word_of(std::uint64_t hash) noexcept {
  return (hash >> 6) % 64;
}

constexpr std::uint64_t bit_of(std::uint64_t hash) noexcept {
  return std::uint64_t{1} << (hash % 64);
}

} // namespace

fingerprint fingerprint_of(std::string_view backend,
                           std::string_view piece) noexcept {
  std::hash<std::string_view> hash;
  // The golden ratio's bits keep the two hashes from cancelling out.
  return {hash(backend) * 0x9e3779b97f4a7c15u + hash(piece), piece.size()};
}

bool poison_table::may_know(const fingerprint& piece) const noexcept {
  return (filter_[word_of(piece.hash)].load(std::memory_order_relaxed)
          & bit_of(piece.hash))
         != 0;
}

bool poison_table::is_quarantined(const fingerprint& piece, time_point now) {
  if (!may_know(piece) || defect("poison_not_quarantined"))
    return false;
  std::lock_guard guard{mutex_};
  auto found = find(piece, now);
  return found != suspects_.end() && found->second.deaths >= deaths_max;
}

bool poison_table::on_death(const fingerprint& piece, time_point now) {
  std::lock_guard guard{mutex_};
  auto found = find(piece, now);
  if (found == suspects_.end()) {
    make_room(now);
    found = suspects_.emplace(piece, suspect{}).first;
  }
  auto& known = found->second;
  ++known.deaths;
  known.answers = 0;
  known.until = now + quarantine;
  if (known.deaths == deaths_max)
    version_.fetch_add(1, std::memory_order_relaxed);
  publish();
  return known.deaths == deaths_max;
}

void poison_table::on_answer(const fingerprint& piece, time_point now) {
  if (!may_know(piece))
    return;
  std::lock_guard guard{mutex_};
  auto found = find(piece, now);
  // What is in quarantine began before it was put there.
  if (found == suspects_.end() || found->second.deaths >= deaths_max)
    return;
  if (++found->second.answers >= good_answers)
    forget(found);
}

poison_table::suspects::iterator poison_table::find(const fingerprint& piece,
                                                    time_point now) {
  auto found = suspects_.find(piece);
  if (found == suspects_.end() || now < found->second.until)
    return found;
  forget(found);
  return suspects_.end();
}

void poison_table::forget(suspects::iterator which) {
  suspects_.erase(which);
  publish();
}

void poison_table::make_room(time_point now) {
  if (suspects_.size() < size_max)
    return;
  std::erase_if(suspects_,
                [now](auto& each) { return each.second.until <= now; });
  while (suspects_.size() >= size_max) {
    auto oldest = suspects_.begin();
    for (auto at = suspects_.begin(); at != suspects_.end(); ++at)
      if (at->second.until < oldest->second.until)
        oldest = at;
    suspects_.erase(oldest);
  }
}

void poison_table::publish() {
  std::array<std::uint64_t, 64> bits{};
  for (auto& [piece, known] : suspects_)
    bits[word_of(piece.hash)] |= bit_of(piece.hash);
  for (std::size_t i = 0; i < bits.size(); ++i)
    filter_[i].store(bits[i], std::memory_order_relaxed);
  size_.store(static_cast<std::uint32_t>(suspects_.size()),
              std::memory_order_relaxed);
}

} // namespace serval
