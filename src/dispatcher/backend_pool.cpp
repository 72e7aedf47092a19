#include "dispatcher/backend_pool.hpp"

#include "base/assert.hpp"
#include "dispatcher/dispatcher.hpp"
#include "dispatcher/map_state.hpp"

#include <algorithm>

namespace serval {

namespace {

/// The weight of a new observation in the smoothed interval.
constexpr double interval_gain = 0.2;

/// Longer waits are told as this.
constexpr double queueing_max_ns = 3600e9;

/// Pieces of a map are spread over a node's loops at will.
std::size_t ring_of(locality where) {
  return where == locality::loop ? 0 : static_cast<std::size_t>(where) - 1;
}

/// What the way to a worker and back may take in an ordinary network: between
/// zones tens of milliseconds, which the calls' own time may be far below.
duration way_to(locality where) {
  return where == locality::rest ? std::chrono::milliseconds{50} : duration{};
}

void smooth(double& interval_ns, double observed) {
  if (interval_ns == 0)
    interval_ns = observed;
  interval_ns += interval_gain * (observed - interval_ns);
  interval_ns = std::max(interval_ns, 1.0);
}

} // namespace

bool backend_pool::earlier::operator()(const map_state* a,
                                       const map_state* b) const {
  return comes_before(*a, *b);
}

backend_pool::index backend_pool::add(worker_profile profile) {
  index at;
  if (unused_.empty()) {
    at = static_cast<index>(workers_.size());
    workers_.emplace_back();
  } else {
    at = unused_.back();
    unused_.pop_back();
  }
  workers_[at] = {};
  workers_[at].profile = profile;
  workers_[at].up = true;
  outliers_.reset(at, way_to(profile.where));
  ++up_count_;
  classify(at);
  return at;
}

void backend_pool::drain(index worker, time_point now) {
  auto& entry = workers_[worker];
  if (!entry.up)
    return;
  entry.up = false;
  if (--up_count_ == 0)
    deserted_from_ = now + vacancy_max;
  classify(worker);
}

void backend_pool::remove(index worker, time_point now) {
  drain(worker, now);
  in_flight_ -= workers_[worker].in_flight;
  workers_[worker] = {};
  outliers_.reset(worker);
  unused_.push_back(worker);
}

std::uint32_t backend_pool::calls_in(duration span) const {
  if (interval_ns_ == 0)
    return 0;
  auto calls = static_cast<double>(span.count()) / interval_ns_;
  return static_cast<std::uint32_t>(
    std::min(calls, static_cast<double>(queue_)));
}

std::uint32_t backend_pool::window(const entry& worker) const {
  return std::min(worker.profile.concurrency
                    + calls_in(dispatcher::sent_ahead),
                  worker.allowance);
}

void backend_pool::allow(index worker) {
  workers_[worker].allowance = outliers_.allowance(worker);
  classify(worker);
}

void backend_pool::classify(index worker) {
  auto& entry = workers_[worker];
  auto slots = std::min(entry.profile.concurrency, entry.allowance);
  auto up = entry.up || defect("send_to_drained");
  auto free = up && entry.load() < slots;
  auto open = up && !free && entry.load() < window(entry);
  auto ring = ring_of(entry.profile.where);
  free_[ring].set(worker, free);
  free_near_.set(worker, free && entry.profile.where == locality::loop);
  open_[ring].set(worker, open);
}

std::optional<backend_pool::index>
backend_pool::choose(bool prefer_near, random_source& random) const {
  auto less_loaded = [this](index a, index b) {
    // Compares load / concurrency without dividing.
    auto load = [this](index x, index y) {
      return (std::uint64_t{workers_[x].load()} + workers_[x].of_others)
             * workers_[y].profile.concurrency;
    };
    return load(a, b) < load(b, a);
  };
  if (prefer_near && !free_near_.empty())
    return free_near_.draw(random, less_loaded);
  for (const auto* kind : {&free_, &open_})
    for (const auto& ring : *kind)
      if (!ring.empty())
        return ring.draw(random, less_loaded);
  return std::nullopt;
}

std::uint32_t backend_pool::portion(index worker, std::size_t waiting) const {
  auto& entry = workers_[worker];
  // Guided self-scheduling (Polychronopoulos and Kuck, 1987): half of an even
  // share, so that the end of a map is spread finely.
  auto share = (waiting + 2 * up_count_ - 1) / (2 * up_count_);
  // Below some calls' worth a message costs more than the work that it moves.
  share = std::max<std::size_t>(
    share, std::min<std::size_t>(waiting, calls_in(dispatcher::portion_min)));
  auto room = std::max(window(entry), entry.load() + 1) - entry.load();
  return static_cast<std::uint32_t>(std::min<std::size_t>(share, room));
}

void backend_pool::sent(index worker, call_id first, std::uint32_t count,
                        time_point now) {
  auto& entry = workers_[worker];
  outliers_.on_sent(worker, first, entry.in_flight == 0, now);
  entry.in_flight += count;
  in_flight_ += count;
  classify(worker);
}

void backend_pool::ended(index worker, std::uint32_t count,
                         duration busy_per_call) {
  auto& entry = workers_[worker];
  SERVAL_ASSERT(entry.in_flight >= count);
  auto slots = static_cast<double>(entry.profile.concurrency);
  auto used = std::min(static_cast<double>(entry.load()), slots);
  entry.in_flight -= count;
  in_flight_ -= count;
  auto observed = static_cast<double>(busy_per_call.count());
  smooth(interval_ns_, observed);
  smooth(full_interval_ns_, observed * used / slots);
  classify(worker);
}

void backend_pool::add_suspended(index worker, std::int32_t change) {
  workers_[worker].suspended += change;
  classify(worker);
}

std::vector<backend_pool::index> backend_pool::review(time_point now,
                                                      random_source& random) {
  views_.clear();
  for (auto& each : workers_)
    views_.push_back({each.up, each.in_flight, each.load()});
  std::vector<index> silent;
  for (auto worker : outliers_.review(views_, now, random)) {
    allow(worker);
    if (outliers_.is_ejected(worker)
        && outliers_.cause(worker) == ejection::silent)
      silent.push_back(worker);
  }
  return silent;
}

void backend_pool::add_waiting(const map_state& map,
                               std::ptrdiff_t change) noexcept {
  waiting_pieces_ += static_cast<std::size_t>(change);
  if (map.request.context->priority == priority::low)
    waiting_pieces_low_ += static_cast<std::size_t>(change);
}

map_state* backend_pool::last_of_low_priority() const {
  if (waiting_pieces_low_ == 0)
    return nullptr;
  // Nearly always the very last; deeper maps come before the others whatever
  // their priority.
  for (auto at = waiting_maps.rbegin(); at != waiting_maps.rend(); ++at)
    if ((*at)->request.context->priority == priority::low)
      return *at;
  return nullptr;
}

duration backend_pool::queueing(priority of) const {
  auto before = of == priority::low ? waiting_pieces_
                                    : waiting_pieces_ - waiting_pieces_low_;
  if (before == 0 || up_count_ == 0)
    return duration::zero();
  auto ns = static_cast<double>(before) * full_interval_ns_
            / static_cast<double>(up_count_);
  return duration{static_cast<duration::rep>(std::min(ns, queueing_max_ns))};
}

backend_counters backend_pool::counters() const {
  auto now = counters_;
  now.waiting = waiting_pieces_;
  now.in_flight = in_flight_;
  now.ejections = outliers_.ejections();
  now.ejected = outliers_.ejected_count();
  return now;
}

} // namespace serval
