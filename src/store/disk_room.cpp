#include "store/disk_room.hpp"

#include <algorithm>

namespace serval {

namespace {

std::string in_mib(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

} // namespace

std::uint64_t room_needed(const std::vector<app_change>& changes) {
  auto deploys = std::ranges::any_of(changes, [](const auto& change) {
    return std::holds_alternative<release_deployed>(change.what);
  });
  return deploys ? room_for_releases : room_for_changes;
}

result<void> check_room(const std::filesystem::path& directory,
                        std::uint64_t free_bytes,
                        const std::vector<app_change>& changes) {
  auto needed = room_needed(changes);
  if (free_bytes >= needed)
    return {};
  return error{errc::store_failed,
               "the change is refused: the disk of " + directory.string()
                 + " has room for " + in_mib(free_bytes) + ", and "
                 + in_mib(needed)
                 + " are needed; make room, and try again. Applications serve "
                   "on"};
}

} // namespace serval
