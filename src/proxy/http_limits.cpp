#include "proxy/http_limits.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace serval {

http_limits limits_of(const http_section& section, std::uint32_t loops) {
  SERVAL_ASSERT(loops > 0);
  http_limits result;
  result.head.head_bytes = section.head_max.value;
  result.body_bytes = section.body_max.value;
  // A body of the largest size must always fit, whatever the others do.
  result.body_bytes_in_all
    = std::max(result.body_bytes_in_all / loops, section.body_max.value * 2);
  result.unsent_bytes_in_all /= loops;
  // The kernel spreads connections by hash, not evenly: a little is added.
  auto share = section.connections_max / loops;
  result.connections
    = std::max(1u, loops == 1 ? share : share + share / 4);
  result.header_timeout = section.head_timeout;
  result.body_timeout = section.body_timeout;
  result.idle_timeout = section.idle_timeout;
  result.write_timeout = section.write_timeout;
  auto shortest = std::min({section.head_timeout, section.body_timeout,
                            section.idle_timeout, section.write_timeout});
  result.tick = std::min<duration>(result.tick, shortest / 4);
  return result;
}

} // namespace serval
