#include "model/app_table.hpp"

#include <algorithm>

namespace serval {

const release_table* find_release(const app_table& table,
                                  release_number release) noexcept {
  auto found
    = std::ranges::find(table.releases, release, &release_table::release);
  return found == table.releases.end() ? nullptr : &*found;
}

} // namespace serval
