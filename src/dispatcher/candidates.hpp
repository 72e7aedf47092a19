#pragma once

#include "base/random.hpp"

#include <cstdint>
#include <vector>

namespace serval {

/// A set of worker indexes from which two can be drawn at random. Adding,
/// removing and drawing take constant time, whatever the number of workers.
class candidates {
public:
  bool empty() const noexcept {
    return members_.empty();
  }

  std::size_t size() const noexcept {
    return members_.size();
  }

  bool contains(std::uint32_t worker) const noexcept {
    return worker < places_.size() && places_[worker] != none;
  }

  /// Makes `worker` a member, or not.
  void set(std::uint32_t worker, bool member) {
    if (contains(worker) == member)
      return;
    if (member) {
      if (worker >= places_.size())
        places_.resize(worker + 1, none);
      places_[worker] = static_cast<std::uint32_t>(members_.size());
      members_.push_back(worker);
      return;
    }
    auto place = places_[worker];
    members_[place] = members_.back();
    places_[members_[place]] = place;
    members_.pop_back();
    places_[worker] = none;
  }

  /// The better of two random members, by power of two choices (Mitzenmacher,
  /// 2001). REQUIRES: !empty()
  template <class Better>
  std::uint32_t draw(random_source& random, Better better) const {
    auto count = static_cast<std::uint32_t>(members_.size());
    auto first = members_[random.below(count)];
    if (count == 1)
      return first;
    auto second = members_[random.below(count)];
    return better(second, first) ? second : first;
  }

private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::vector<std::uint32_t> members_;
  /// Where each worker stands in `members_`.
  std::vector<std::uint32_t> places_;
};

} // namespace serval
