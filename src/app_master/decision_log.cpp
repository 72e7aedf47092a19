#include "app_master/decision_log.hpp"

#include <algorithm>

namespace serval {

void decision_log::note(time_point now, std::string about, std::string what,
                        std::string why) {
  entry next{now, {++last_, {}, 1, std::move(about), std::move(what),
                   std::move(why)}};
  auto same = [&](const entry& each) {
    return each.made.about == next.made.about
           && each.made.what == next.made.what;
  };
  if (auto before = std::ranges::find_if(entries_, same);
      before != entries_.end()) {
    next.made.times = before->made.times + 1;
    entries_.erase(before);
  }
  entries_.push_back(std::move(next));
  if (entries_.size() > capacity)
    entries_.pop_front();
}

std::vector<decision> decision_log::tell(time_point now) const {
  std::vector<decision> out;
  out.reserve(entries_.size());
  for (const auto& each : entries_) {
    out.push_back(each.made);
    out.back().age = now - each.at;
  }
  return out;
}

} // namespace serval
