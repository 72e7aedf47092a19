#include "cli/deploy_watch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace serval {

deploy_verdict judge_deploy(const app_status& status, release_number wanted) {
  using enum deploy_verdict::kind;
  auto reason = [&](std::string_view otherwise) {
    return status.message.empty() ? std::string{otherwise} : status.message;
  };
  if (status.state == app_state::deploy_failed)
    return {failed, reason("the release could not be brought up")};
  if (status.state == app_state::deleting)
    return {failed, "the application was deleted meanwhile"};
  if (status.release > wanted)
    return {failed, fmt::format("release {} was deployed meanwhile",
                                status.release.value)};
  if (status.state == app_state::running && status.release == wanted)
    return {serves, {}};
  std::vector<std::string> parts;
  for (const auto& each : status.backends)
    parts.push_back(
      fmt::format("{} {}/{}", each.name, each.ready, each.desired));
  auto text = fmt::format("{}", fmt::join(parts, ", "));
  if (!status.message.empty())
    text += (text.empty() ? "" : "; ") + status.message;
  return {waiting, std::move(text)};
}

} // namespace serval
