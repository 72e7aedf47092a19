#include "cluster/leader_search.hpp"

#include <algorithm>
#include <utility>

namespace serval {

namespace {

constexpr duration pause_min = std::chrono::milliseconds{50};
constexpr duration pause_max = std::chrono::seconds{1};

} // namespace

leader_search::leader_search(std::vector<std::string> known,
                             std::uint64_t seed)
  : known_(std::move(known)),
    pauses_(pause_min, pause_max, seed),
    left_in_round_(known_.size()) {
  // nop
}

std::optional<leader_search::attempt>
leader_search::next(const std::string& hint, time_point now) {
  if (!hint.empty() && std::exchange(tried_hint_, hint) != hint)
    return attempt{hint, now};
  tried_hint_.clear();
  if (!named_.empty())
    return attempt{std::exchange(named_, {}), now};
  if (known_.empty())
    return hint.empty() ? std::nullopt
                        : std::optional{attempt{hint, now + pauses_.failed()}};
  auto address = known_[next_++ % known_.size()];
  if (left_in_round_ > 0) {
    --left_in_round_;
    return attempt{std::move(address), now};
  }
  left_in_round_ = known_.size() - 1;
  return attempt{std::move(address), now + pauses_.failed()};
}

void leader_search::was_sent_to(const std::string& address) {
  named_ = address;
  if (!address.empty()
      && std::ranges::find(known_, address) == known_.end())
    known_.push_back(address);
}

void leader_search::found() {
  pauses_.succeeded();
  left_in_round_ = known_.size();
  tried_hint_.clear();
}

} // namespace serval
