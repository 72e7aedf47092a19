#include "model/app_change.hpp"

#include <array>

namespace serval {

std::string_view name_of(const change_kind& what) noexcept {
  static constexpr std::array<std::string_view,
                              std::variant_size_v<change_kind>>
    names = {"release_deployed", "release_promoted", "release_failed",
             "workers_scaled", "application_deleted", "nothing_changed",
             "orphans_adopted", "orphans_discarded"};
  return names[what.index()];
}

} // namespace serval
