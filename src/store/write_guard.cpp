#include "store/write_guard.hpp"

namespace serval {

namespace {

constexpr std::size_t app_name_max = 256;

result<void> check_name(std::string_view app) {
  if (app.empty() || app.size() > app_name_max
      || app.find('\0') != std::string_view::npos)
    return error{errc::bad_request,
                 "an application's name in the store has 1 to 256 bytes, none "
                 "of them zero"};
  return {};
}

} // namespace

result<void> write_guard::check_epoch(std::string_view what,
                                      serval::epoch epoch) const {
  if (epoch && epoch == epoch_)
    return {};
  return error{errc::stale_epoch,
               std::string{what} + " under epoch " + std::to_string(epoch.value)
                 + " is refused: epoch " + std::to_string(epoch_.value)
                 + " leads now"};
}

result<sequence> write_guard::admit(const append_request& request) {
  if (auto fine = check_name(request.app); !fine)
    return fine.error();
  auto what = "the change of application \"" + request.app + "\"";
  if (request.changes.empty())
    return error{errc::bad_request, what + " is empty"};
  if (auto fine = check_epoch(what, request.epoch); !fine)
    return fine.error();
  auto last = last_of(request.app);
  if (last != request.expected)
    return error{errc::conflict,
                 what + " is refused: it was made for sequence "
                   + std::to_string(request.expected.value)
                   + ", but the journal is at "
                   + std::to_string(last.value)};
  last.value += request.changes.size();
  restore_journal(request.app, last);
  return last;
}

result<void>
write_guard::admit_snapshot(std::string_view app, serval::epoch epoch,
                            sequence upto,
                            const std::vector<journal_entry>& kept) const {
  if (auto fine = check_name(app); !fine)
    return fine;
  auto what = "the snapshot of application \"" + std::string{app} + "\"";
  if (auto fine = check_epoch(what, epoch); !fine)
    return fine;
  auto reach = what + " reaches to sequence " + std::to_string(upto.value);
  if (upto > last_of(app))
    return error{errc::conflict, reach + ", but the journal ends at "
                                   + std::to_string(last_of(app).value)};
  // What is between the two is gone already.
  if (!upto || upto < snapshot_of(app))
    return error{errc::conflict, reach + ", which the one before did already"};
  sequence previous;
  for (const auto& entry : kept) {
    if (entry.number <= previous || entry.number > upto)
      return error{errc::bad_request, what + " is not in order"};
    previous = entry.number;
  }
  return {};
}

result<lease_grant> write_guard::admit_lease(std::string_view holder,
                                             duration valid_for,
                                             serval::epoch held,
                                             time_point now) {
  if (held) {
    if (auto fine = check_epoch("the renewal of the lease", held); !fine)
      return fine.error();
  } else {
    if (now < expires_ && holder != holder_)
      return error{errc::conflict,
                   "the lease is held by \"" + holder_
                     + "\" and has not expired yet"};
    ++epoch_.value;
  }
  holder_ = holder;
  expires_ = now + valid_for;
  return lease_grant{epoch_, valid_for};
}

void write_guard::restore_journal(std::string app, sequence last) {
  auto& known = last_[std::move(app)];
  total_ += last.value - known.value;
  known = last;
}

void write_guard::restore_snapshot(std::string app, sequence upto) {
  snapshots_[std::move(app)] = upto;
}

void write_guard::restore_epoch(serval::epoch last) {
  epoch_ = last;
}

sequence write_guard::last_of(std::string_view app) const {
  auto found = last_.find(app);
  return found == last_.end() ? sequence{} : found->second;
}

sequence write_guard::snapshot_of(std::string_view app) const {
  auto found = snapshots_.find(app);
  return found == snapshots_.end() ? sequence{} : found->second;
}

std::vector<std::string> write_guard::applications() const {
  std::vector<std::string> names;
  names.reserve(last_.size());
  for (const auto& [name, last] : last_)
    names.push_back(name);
  return names;
}

} // namespace serval
