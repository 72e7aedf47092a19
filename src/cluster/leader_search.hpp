#pragma once

#include "base/time.hpp"
#include "link/back_off.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace serval {

/// Whom a node asks for its leader, and when. A pure core: what the store says
/// goes first, then whoever the last one named, then all that are known, in
/// turn and with growing pauses after each round.
class leader_search {
public:
  leader_search(std::vector<std::string> known, std::uint64_t seed);

  struct attempt {
    std::string address;
    time_point at;
  };

  /// The next attempt. `hint` is where the store says that the leader is; empty
  /// if it does not. Nothing if nobody is known.
  std::optional<attempt> next(const std::string& hint, time_point now);

  /// The one that was asked named another.
  void was_sent_to(const std::string& address);

  /// The leader was found.
  void found();

private:
  std::vector<std::string> known_;
  std::size_t next_ = 0;
  std::string named_;
  /// The hint that was tried last, as a store may know less than others.
  std::string tried_hint_;
  back_off pauses_;
  /// So many in this round are still without a pause.
  std::size_t left_in_round_;
};

} // namespace serval
