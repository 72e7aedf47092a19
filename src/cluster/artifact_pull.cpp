#include "cluster/artifact_pull.hpp"

#include <algorithm>

namespace serval {

void artifact_pull::fetch(const std::string& sha256) {
  if (pulled_.contains(sha256)
      || std::ranges::find(waiting_, sha256) != waiting_.end())
    return;
  waiting_.push_back(sha256);
  begin_next();
}

void artifact_pull::begin_next() {
  while (!waiting_.empty() && pulled_.size() < at_once_max) {
    auto sha256 = std::move(waiting_.front());
    waiting_.pop_front();
    pulled_[sha256] = 0;
    how_.shelf.look_up(sha256, unless_stopped([this, sha256](auto there) {
                         if (there.is_whole)
                           return end(sha256, {});
                         pulled_[sha256] = there.bytes;
                         how_.ask({sha256, there.bytes});
                       }));
  }
}

void artifact_pull::on_part(artifact_part_message part) {
  auto found = pulled_.find(part.sha256);
  if (found == pulled_.end() || found->second != part.offset)
    return; // Not asked for, or asked for twice.
  auto sha256 = part.sha256;
  if (!part.problem.empty())
    return end(sha256, error{errc::unavailable, part.problem});
  auto ends_at = part.offset + part.bytes.size();
  if (part.bytes.empty() && ends_at < part.total)
    return end(sha256,
               error{errc::unavailable, "the leader sent an empty part"});
  found->second = ends_at;
  auto next = unless_stopped(
    [this, sha256, ends_at, total = part.total](result<void> how) {
      if (!how)
        return end(sha256, how);
      if (ends_at < total)
        return how_.ask({sha256, ends_at});
      how_.shelf.complete(
        sha256, unless_stopped(
                  [this, sha256](result<void> done) { end(sha256, done); }));
    });
  how_.shelf.append(sha256, part.offset, std::move(part.bytes), next);
}

void artifact_pull::end(const std::string& sha256, const result<void>& how) {
  pulled_.erase(sha256);
  if (how)
    how_.is_here(sha256);
  else
    how_.is_missing(sha256, how.error().message);
  begin_next();
}

void artifact_pull::stop() {
  ++*round_;
  waiting_.clear();
  pulled_.clear();
}

} // namespace serval
