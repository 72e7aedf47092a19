#include "proxy/address_counts.hpp"

#include "base/random.hpp"

namespace serval {

address_counts::place address_counts::enter(address from) noexcept {
  // Seeded with the address, the generator's first number is a hash of it.
  random_source mixed{from.bits ^ secret_ ^ (from.v6 ? 1 : 0)};
  auto& count = counts_[mixed() % table_size];
  place taken{count};
  if (count.fetch_add(1, std::memory_order_relaxed) < limit_)
    return taken;
  return {};
}

} // namespace serval
