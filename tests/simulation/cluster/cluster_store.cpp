#include "simulation/cluster/cluster_store.hpp"

#include "leader/lease_holder.hpp"
#include "spec/spec_json.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

constexpr std::size_t dumps_max = 8;

} // namespace

result<void> cluster_store::writable() const {
  if (phase_ != phase::read_only)
    return {};
  return error{errc::unavailable, "the database is read-only"};
}

result<sequence> cluster_store::append(const append_request& request) {
  if (auto fine = writable(); !fine)
    return fine.error();
  auto last = now_.guard.admit(request);
  in_.loop.note("append", request.expected.value, last.has_value());
  if (!last)
    return last;
  auto number = request.expected;
  for (const auto& change : request.changes) {
    ++number.value;
    now_.journals[request.app].push_back(
      {number, request.epoch, request.at, change});
    if (std::holds_alternative<orphans_adopted>(change.what)
        || std::holds_alternative<orphans_discarded>(change.what))
      for (auto& [name, body] : in_.known.bodies)
        body.forgotten = body.forgotten && name.app != request.app;
  }
  return last;
}

result<journal> cluster_store::read(std::string_view app) {
  auto found = now_.journals.find(app);
  if (found == now_.journals.end())
    return journal{};
  return journal{now_.guard.last_of(app), found->second};
}

result<void> cluster_store::snapshot(std::string_view app, serval::epoch epoch,
                                     sequence upto,
                                     std::vector<journal_entry> kept) {
  if (auto fine = writable(); !fine)
    return fine;
  if (auto fine = now_.guard.admit_snapshot(app, epoch, upto, kept); !fine)
    return fine;
  now_.guard.restore_snapshot(std::string{app}, upto);
  auto& entries = now_.journals.find(app)->second;
  std::erase_if(entries,
                [&](const auto& entry) { return entry.number <= upto; });
  entries.insert(entries.begin(), kept.begin(), kept.end());
  return {};
}

result<std::vector<std::string>> cluster_store::applications() {
  return now_.guard.applications();
}

result<lease_grant> cluster_store::lease(std::string_view holder,
                                         duration valid_for,
                                         serval::epoch held) {
  if (auto fine = writable(); !fine)
    return fine.error();
  auto grant = now_.guard.admit_lease(holder, valid_for, held, clock_.now());
  if (!grant)
    return grant;
  auto who = parse_lease_holder(holder);
  in_.known.lease = {grant->epoch, who ? who->node : std::string{},
                     in_.loop.now() + clock_.true_span(valid_for)};
  highest_ = std::max(highest_, grant->epoch);
  if (!held)
    in_.loop.note("lease granted", grant->epoch.value);
  return grant;
}

result<lease_record> cluster_store::last_lease() {
  return now_.guard.last_lease();
}

bool cluster_store::run(std::function<void()> job) {
  if (phase_ == phase::gone)
    return false;
  if (phase_ == phase::frozen)
    waiting_.push_back(std::move(job));
  else
    job();
  return true;
}

void cluster_store::enter(phase next) {
  phase_ = next;
  if (next == phase::frozen)
    return;
  auto jobs = std::exchange(waiting_, {});
  if (next != phase::gone)
    for (auto& each : jobs)
      each();
}

void cluster_store::dump() {
  dumps_.push_back(now_);
  if (dumps_.size() > dumps_max)
    dumps_.pop_front();
}

bool cluster_store::restore() {
  if (dumps_.empty())
    return false;
  auto last = now_.guard.last_epoch();
  for (auto each = std::uint64_t{1}; each <= last.value; ++each)
    in_.known.given_twice.insert({each});
  now_ = dumps_[in_.random().below(static_cast<std::uint32_t>(dumps_.size()))];
  dumps_.clear();
  in_.known.lease = {};
  for (auto& [name, body] : in_.known.bodies)
    body.forgotten = !releases_of(name.app).has(
      body.order.release, release_hash(*body.order.spec));
  ++in_.known.counts.restores;
  return true;
}

void cluster_store::raise_epoch() {
  ++highest_.value;
  now_.guard.restore_epoch(highest_);
  in_.loop.note("epoch is raised", highest_.value);
}

known_releases cluster_store::releases_of(const std::string& app) {
  known_releases out;
  auto found = now_.journals.find(app);
  if (found == now_.journals.end())
    return out;
  for (const auto& entry : found->second) {
    const auto& what = entry.change.what;
    if (const auto* deployed = std::get_if<release_deployed>(&what)) {
      out.hashes[deployed->number] = deployed->hash;
      out.newest = std::max(out.newest, deployed->number);
    } else if (const auto* adopted = std::get_if<orphans_adopted>(&what)) {
      out.newest = std::max(out.newest, adopted->number);
    } else if (const auto* ended = std::get_if<orphans_discarded>(&what)) {
      out.newest = std::max(out.newest, ended->number);
    }
  }
  return out;
}

} // namespace serval::simulation
