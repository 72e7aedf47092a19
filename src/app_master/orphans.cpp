#include "app_master/orphans.hpp"

#include "spec/spec_json.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace serval {

namespace {

struct key_of_end {
  const worker_key* operator()(const worker_failed& report) const {
    return &report.key;
  }
  const worker_key* operator()(const worker_died& report) const {
    return &report.key;
  }
  const worker_key* operator()(const worker_stopped& report) const {
    return &report.key;
  }
  template <class Other>
  const worker_key* operator()(const Other&) const {
    return nullptr;
  }
};

void note_ready(observed_app& observed, const node_report& report) {
  const auto* ready = std::get_if<worker_ready>(&report);
  if (ready == nullptr)
    return;
  auto* found = observed.workers.find(ready->key.id);
  if (found == nullptr
      || (found->state != worker_state::starting
          && found->state != worker_state::queued))
    return;
  observed.workers.set_state(*found, worker_state::ready);
  found->due = never;
  found->pid = ready->pid;
}

/// What is running of a release that the journal does not know.
struct orphan_release {
  std::shared_ptr<const app_spec> spec;
  /// Workers that were not told to go, by backend.
  std::map<std::string, std::uint32_t> workers;
};

using orphan_releases = std::map<release_number, orphan_release>;

/// Whether a release that workers have is one of the journal's, as far as that
/// still says what its releases were.
bool is_known(const desired_app& desired, release_number release,
              const app_spec& spec) {
  if (release > desired.newest)
    return false;
  // The hashes are made anew on both sides: that in the journal may be another
  // version's of Serval.
  for (const auto* known :
       {&desired.serving, &desired.previous, &desired.target})
    if (*known && (*known)->number == release)
      return !(*known)->spec || *(*known)->spec == spec
             || release_hash(*(*known)->spec) == release_hash(spec);
  return true;
}

/// Each node has a spec of its own, which may be another one's of that number.
std::set<release_number> unknown_releases(const desired_app& desired,
                                          const worker_set& workers) {
  std::set<std::pair<release_number, const app_spec*>> seen;
  std::set<release_number> unknown;
  for (const auto& [id, worker] : workers.all())
    if (seen.emplace(worker.release, worker.spec.get()).second
        && !is_known(desired, worker.release, *worker.spec))
      unknown.insert(worker.release);
  return unknown;
}

orphan_releases find_orphans(const desired_app& desired,
                             const observed_app& observed) {
  auto unknown = unknown_releases(desired, observed.workers);
  orphan_releases found;
  for (const auto& [id, worker] : observed.workers.all()) {
    if (!unknown.contains(worker.release))
      continue;
    auto& release = found[worker.release];
    release.spec = worker.spec;
    release.workers[worker.backend] += is_wanted(worker.state);
  }
  return found;
}

/// Takes releases into the journal.
class orphan_changes {
public:
  explicit orphan_changes(const change_cause& cause)
    : cause_{{}, cause.who, cause.reason} {
    // nop
  }

  void deploy(release_number number, const orphan_release& orphans) {
    add(release_deployed{number, to_canonical_json(*orphans.spec),
                         release_hash(*orphans.spec)});
    for (const auto& backend : orphans.spec->backends) {
      auto running = orphans.workers.find(backend.name);
      if (running != orphans.workers.end()
          && running->second > backend.workers)
        add(workers_scaled{number, backend.name, running->second});
    }
  }

  void deploy(release_number number, const release_record& release) {
    add(release_deployed{number, to_canonical_json(*release.spec),
                         release.hash});
    for (const auto& [backend, workers] : release.scaled)
      add(workers_scaled{number, backend, workers});
  }

  void add(change_kind what) {
    made.push_back({cause_, std::move(what)});
  }

  std::vector<app_change> made;

private:
  /// Of one command, one change has the operation's id.
  change_cause cause_;
};

/// The journal's own releases that have a number of orphans' get others: no
/// node could tell their workers apart.
void renumber(const desired_app& desired, const orphan_releases& orphans,
              orphan_changes& changes) {
  auto is_shared = [&](const std::optional<release_record>& release) {
    return release && orphans.contains(release->number);
  };
  auto next = std::max(desired.newest, orphans.rbegin()->first);
  if (is_shared(desired.serving)) {
    changes.deploy({++next.value}, *desired.serving);
    changes.add(release_promoted{next});
  }
  // One that was coming is not coming any more once another was deployed.
  if ((is_shared(desired.serving) || is_shared(desired.target))
      && desired.target && desired.target->spec)
    changes.deploy({++next.value}, *desired.target);
}

std::vector<app_change> discard_releases(const desired_app& desired,
                                         const orphan_releases& orphans,
                                         const change_cause& cause) {
  orphan_changes changes{cause};
  renumber(desired, orphans, changes);
  for (const auto& [number, release] : orphans)
    changes.add(orphans_discarded{number});
  changes.made.back().cause = cause;
  return std::move(changes.made);
}

std::vector<app_change> adopt_releases(const orphan_releases& orphans,
                                       release_number serving,
                                       const change_cause& cause) {
  orphan_changes changes{cause};
  if (auto found = orphans.find(serving); found != orphans.end()) {
    changes.deploy(found->first, found->second);
    changes.add(release_promoted{found->first});
  }
  const auto& [newest, last] = *orphans.rbegin();
  auto is_coming = newest > serving
                   && std::ranges::any_of(last.workers, [](const auto& item) {
                        return item.second > 0;
                      });
  if (is_coming)
    changes.deploy(newest, last);
  changes.made.push_back({cause, orphans_adopted{newest}});
  return std::move(changes.made);
}

} // namespace

bool has_orphans(const observed_app& observed) noexcept {
  return !observed.unknown.empty();
}

void watch_orphans(observed_app& observed,
                   const std::vector<node_report>& reports) {
  for (const auto& report : reports) {
    note_ready(observed, report);
    const auto* ended = std::visit(key_of_end{}, report);
    if (ended == nullptr)
      continue;
    auto* found = observed.workers.find(ended->id);
    if (found != nullptr && found->key == *ended)
      observed.workers.erase(ended->id);
  }
  std::erase_if(observed.unknown, [&](release_number release) {
    return std::ranges::none_of(
      observed.workers.backends(),
      [&](const auto& item) { return item.first.release == release; });
  });
}

void review_orphans(const desired_app& desired, observed_app& observed) {
  observed.unknown = unknown_releases(desired, observed.workers);
}

void add_orphan_routes(const observed_app& observed,
                       std::set<std::string>& routes) {
  if (!has_orphans(observed))
    return;
  for (const auto& [id, worker] : observed.workers.all())
    if (observed.unknown.contains(worker.release))
      routes.insert(worker.spec->route);
}

std::string describe_orphans(std::string_view app, const desired_app& desired,
                             const observed_app& observed) {
  std::uint32_t count = 0;
  for (const auto& [key, backend] : observed.workers.backends())
    if (observed.unknown.contains(key.release))
      count += backend.present;
  auto name = std::string{app};
  return std::to_string(count)
         + " of its workers are orphans, of a release that its journal, which "
           "ends at release "
         + std::to_string(desired.newest.value)
         + ", does not know: the store is older than they are. They keep "
           "serving, and nothing is changed beside them. \"serval adopt "
         + name + "\" takes what they run into the journal; \"serval discard "
         + name + "\" ends them and brings up what the journal says";
}

result<std::vector<app_change>>
decide_orphans(const desired_app& desired, const observed_app& observed,
               std::string_view app, const app_command& command) {
  auto adopts = std::holds_alternative<adopt_orphans>(command.what);
  if (!adopts && !std::holds_alternative<discard_orphans>(command.what))
    return error{errc::conflict,
                 "nothing is changed in application \"" + std::string{app}
                   + "\": " + describe_orphans(app, desired, observed)};
  auto orphans = find_orphans(desired, observed);
  // Another such command is on its way to the journal.
  if (orphans.empty())
    return decide(desired, app, command);
  if (!adopts)
    return discard_releases(desired, orphans, command.cause);
  if (auto number = orphans.begin()->first; number <= desired.newest)
    return error{errc::conflict,
                 "the orphans of application \"" + std::string{app}
                   + "\" cannot be adopted: they are of a release "
                   + std::to_string(number.value)
                   + " that is another one than the journal's of that number; "
                     "\"serval discard "
                   + std::string{app}
                   + "\" ends them and brings up what the journal says"};
  return adopt_releases(orphans, observed.table.serving, command.cause);
}

} // namespace serval
