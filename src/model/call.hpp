#pragma once

#include "base/time.hpp"
#include "model/ids.hpp"
#include "model/outcome.hpp"
#include "model/request.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Bytes that somebody else owns: the pieces of a map, or a received frame.
/// Handing them on copies no bytes.
struct payload {
  std::shared_ptr<const void> owner;
  std::string_view bytes;

  /// Takes ownership of `text`.
  static payload own(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    std::string_view bytes{*owner};
    return {std::move(owner), bytes};
  }
};

/// One request to a worker.
struct worker_call {
  call_id id;
  std::uint32_t depth = 0;
  std::shared_ptr<const request_context> context;
  payload request;
};

/// How one call to a worker ended.
struct call_result {
  call_id id;
  outcome what;
};

/// When a map counts as done.
enum class map_policy : std::uint8_t {
  all,     ///< Every piece has ended.
  quorum,  ///< Enough pieces succeeded, or that became impossible.
  best_by, ///< Every piece has ended, or a point in time has come.
};

/// Pieces for the workers of one backend, and how long to wait for them.
struct map_request {
  std::string backend;
  map_policy policy = map_policy::all;
  std::size_t quorum = 0;    ///< For `map_policy::quorum`.
  time_point best_by;        ///< For `map_policy::best_by`.
  std::vector<payload> pieces;
  std::uint32_t depth = 0;   ///< Of the calls that the pieces become.
  std::shared_ptr<const request_context> context;
};

/// What became of each piece, in the order of the pieces. A piece that ended
/// early because the policy was met without it has `errc::cancelled`.
using map_outcomes = std::vector<outcome>;

} // namespace serval
