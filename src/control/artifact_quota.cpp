#include "control/artifact_quota.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

std::uint64_t size_of(const std::vector<stored_artifact>& all) {
  std::uint64_t total = 0;
  for (const auto& each : all)
    total += each.bytes;
  return total;
}

} // namespace

std::vector<stored_artifact>
choose_garbage(std::vector<stored_artifact> there,
               const std::set<std::string>& needed, std::uint64_t bytes,
               std::uint64_t bytes_max,
               std::chrono::file_clock::time_point now) {
  auto total = size_of(there) + bytes;
  std::erase_if(there, [&](const stored_artifact& each) {
    return needed.contains(each.sha256)
           || now - each.last_use < artifact_grace;
  });
  std::ranges::sort(there, {}, &stored_artifact::last_use);
  std::vector<stored_artifact> out;
  for (auto& each : there) {
    if (total <= bytes_max)
      break;
    total -= each.bytes;
    out.push_back(std::move(each));
  }
  return out;
}

result<void> artifact_quota::make_room(std::uint64_t bytes) {
  if (how_.bytes_max == 0)
    return {};
  std::lock_guard held{mutex_};
  auto there = how_.store.list();
  auto total = size_of(there) + bytes;
  if (total <= how_.bytes_max)
    return {};
  auto needed = how_.needed();
  if (needed)
    for (const auto& each :
         choose_garbage(std::move(there), *needed, bytes, how_.bytes_max,
                        how_.now()))
      if (how_.store.remove(each.sha256)) {
        total -= each.bytes;
        how_.on_removed(each.sha256);
      }
  if (total <= how_.bytes_max)
    return {};
  auto why = needed ? std::string{"releases refer to the others, or they were "
                                  "used within the last hour"}
                    : "what is needed is not known: "
                        + needed.error().message;
  return error{errc::store_failed,
               fmt::format("the artifact is refused: with it there would be "
                           "{} MiB of artifacts, and node.artifacts_max is {} "
                           "MiB; {}. Delete applications, or raise the limit",
                           total >> 20, how_.bytes_max >> 20, why)};
}

} // namespace serval
