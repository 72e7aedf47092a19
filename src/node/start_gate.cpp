#include "node/start_gate.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

start_gate::start_gate(limits how) : how_(how) {
  SERVAL_ASSERT(how_.in_progress > 1 && how_.again_interval > duration{});
}

void start_gate::add(entry who) {
  auto& line = lines_[std::move(who.app)];
  (who.again ? line.again : line.first).push_back(who.key);
}

void start_gate::remove(const std::string& app, worker_key key) {
  auto found = lines_.find(app);
  if (found == lines_.end())
    return;
  auto& line = found->second;
  in_progress_ -= static_cast<std::uint32_t>(std::erase(line.started, key));
  std::erase(line.first, key);
  std::erase(line.again, key);
  if (line.started.empty() && line.first.empty() && line.again.empty())
    lines_.erase(found);
}

std::optional<start_gate::entry>
start_gate::next(const std::string& app, line& of, time_point now) {
  if (of.started.size() >= how_.in_progress - in_progress_)
    return std::nullopt;
  bool again = of.first.empty();
  auto& from = again ? of.again : of.first;
  if (from.empty())
    return std::nullopt;
  if (again) {
    if (now < again_at_) {
      again_waits_ = true;
      return std::nullopt;
    }
    // Nothing is saved up: workers that crash together would start together,
    // on all processors at once.
    again_at_ = now + how_.again_interval;
  }
  entry out{app, from.front(), again};
  from.pop_front();
  of.started.push_back(out.key);
  ++in_progress_;
  return out;
}

std::vector<start_gate::entry> start_gate::admit(time_point now) {
  std::vector<entry> out;
  again_waits_ = false;
  // Round and round, until nobody in a whole round may start.
  for (std::size_t idle = 0; idle < lines_.size();) {
    auto at = lines_.upper_bound(last_);
    if (at == lines_.end())
      at = lines_.begin();
    last_ = at->first;
    if (auto admitted = next(at->first, at->second, now)) {
      out.push_back(std::move(*admitted));
      idle = 0;
    } else {
      ++idle;
    }
  }
  return out;
}

std::optional<time_point> start_gate::due() const {
  if (!again_waits_)
    return std::nullopt;
  return again_at_;
}

std::string start_gate::why() const {
  return fmt::format("{} starts are in progress on this node, which has places "
                     "for {}; workers that failed before start at most {} in a "
                     "second",
                     in_progress_, how_.in_progress,
                     std::chrono::seconds{1} / how_.again_interval);
}

} // namespace serval
