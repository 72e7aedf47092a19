#include "app_master/compaction.hpp"

#include "app_master/desired_app.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace serval {

namespace {

/// Whether an entry is needed for the state that its journal leads to.
class selection {
public:
  selection(const desired_app& state, const journal& from) : state_(state) {
    for (const auto& operation : state.operations)
      remembered_.insert(operation.number);
    for (const auto& entry : from.entries) {
      const auto& what = entry.change.what;
      if (const auto* x = std::get_if<workers_scaled>(&what))
        last_scaled_[{x->number, x->backend}] = entry.number;
      if (std::holds_alternative<application_deleted>(what))
        last_deleted_ = entry.number;
    }
  }

  bool needs(const journal_entry& entry) const {
    return remembered_.contains(entry.number)
           || std::visit([&](const auto& x) { return needs(x, entry.number); },
                         entry.change.what);
  }

private:
  bool is(const std::optional<release_record>& release,
          release_number number) const {
    return release && release->number == number;
  }

  bool lives(release_number number) const {
    return is(state_.serving, number) || is(state_.previous, number)
           || is(state_.target, number);
  }

  bool needs(const release_deployed& x, sequence) const {
    // Release numbers go on from the newest, also after a delete.
    return lives(x.number) || x.number == state_.newest
           || (state_.failed && state_.failed->number == x.number);
  }

  bool needs(const release_promoted& x, sequence) const {
    return is(state_.serving, x.number) || is(state_.previous, x.number);
  }

  bool needs(const release_failed& x, sequence) const {
    return state_.failed && state_.failed->number == x.number;
  }

  bool needs(const workers_scaled& x, sequence number) const {
    return lives(x.number)
           && last_scaled_.at({x.number, x.backend}) == number;
  }

  bool needs(const nothing_changed&, sequence) const {
    return false;
  }

  bool needs(const orphans_adopted& x, sequence) const {
    return x.number == state_.newest;
  }

  bool needs(const orphans_discarded& x, sequence) const {
    return x.number == state_.newest;
  }

  bool needs(const application_deleted&, sequence number) const {
    return state_.deleted && last_deleted_ == number;
  }

  const desired_app& state_;
  std::set<sequence> remembered_;
  std::map<std::pair<release_number, std::string>, sequence> last_scaled_;
  sequence last_deleted_;
};

} // namespace

std::vector<journal_entry> needed_entries(const journal& from) {
  auto state = replay(from);
  selection chosen{state, from};
  journal rest{from.last, {}};
  std::ranges::copy_if(from.entries, std::back_inserter(rest.entries),
                       [&](const auto& entry) { return chosen.needs(entry); });
  // A journal that no app_master would write may need more; it is kept whole.
  if (replay(rest) != state)
    return from.entries;
  return std::move(rest.entries);
}

result<journal_compacted> compact(store& where, const std::string& app,
                                  epoch epoch, sequence upto) {
  auto from = where.read(app);
  if (!from)
    return from.error();
  std::erase_if(from->entries,
                [&](const auto& entry) { return entry.number > upto; });
  from->last = upto;
  auto kept = needed_entries(*from);
  journal_compacted outcome{upto, kept.size()};
  if (auto done = where.snapshot(app, epoch, upto, std::move(kept)); !done)
    return done.error();
  return outcome;
}

void compaction::begin(const journal& from) {
  held_ = from.entries.size();
  needed_ = held_ < superfluous_max ? 0 : needed_entries(from).size();
}

bool compaction::start_if_due() noexcept {
  if (running_ || held_ < needed_ + superfluous_max)
    return false;
  running_ = true;
  return true;
}

void compaction::finish(const result<journal_compacted>& outcome,
                        sequence last) noexcept {
  running_ = false;
  if (outcome)
    held_ = outcome->kept + (last.value - outcome->upto.value);
  needed_ = outcome ? outcome->kept : held_;
}

} // namespace serval
