#include "store/memory_store.hpp"

#include <algorithm>

namespace serval {

result<sequence> memory_store::append(const append_request& request) {
  std::lock_guard guard{mutex_};
  auto last = guard_.admit(request);
  if (!last)
    return last;
  auto& entries = journals_[request.app];
  auto number = request.expected;
  for (const auto& change : request.changes) {
    ++number.value;
    entries.push_back({number, request.epoch, request.at, change});
  }
  return last;
}

result<journal> memory_store::read(std::string_view app) {
  std::lock_guard guard{mutex_};
  auto found = journals_.find(app);
  if (found == journals_.end())
    return journal{};
  return journal{guard_.last_of(app), found->second};
}

result<void> memory_store::snapshot(std::string_view app, serval::epoch epoch,
                                    sequence upto,
                                    std::vector<journal_entry> kept) {
  std::lock_guard guard{mutex_};
  if (auto fine = guard_.admit_snapshot(app, epoch, upto, kept); !fine)
    return fine;
  guard_.restore_snapshot(std::string{app}, upto);
  auto found = journals_.find(app);
  auto later = std::ranges::find_if(found->second, [&](const auto& entry) {
    return entry.number > upto;
  });
  kept.insert(kept.end(), later, found->second.end());
  found->second = std::move(kept);
  return {};
}

result<std::vector<std::string>> memory_store::applications() {
  std::lock_guard guard{mutex_};
  return guard_.applications();
}

result<lease_grant> memory_store::lease(std::string_view holder,
                                        duration valid_for,
                                        serval::epoch held) {
  std::lock_guard guard{mutex_};
  return guard_.admit_lease(holder, valid_for, held, now_());
}

result<lease_record> memory_store::last_lease() {
  std::lock_guard guard{mutex_};
  return guard_.last_lease();
}

} // namespace serval
