#include "simulation/cluster/fabric.hpp"

#include <algorithm>

namespace serval::simulation {

namespace {

using namespace std::chrono_literals;

constexpr duration dial_timeout = 300ms;
/// Of what is sent in a world in which all strays come.
constexpr double strays_share = 0.1;

} // namespace

// -- a link -------------------------------------------------------------------

void virtual_link::send(int from, std::string bytes) {
  if (!ends_[from].open)
    return;
  if (ends_[1 - from].hears.on_stray
      && by_.scene().fails(by_.scene().how.network.strays * strays_share))
    send_again(from, bytes);
  transmit(from, [self = shared_from_this(), to = 1 - from,
                  bytes = std::move(bytes)]() mutable {
    auto& end = self->ends_[to];
    // Who hears it may close this end.
    if (auto hear = end.hears.on_message; end.open && hear)
      hear(std::move(bytes));
    else if (auto stray = end.hears.on_stray)
      stray(std::move(bytes));
  });
}

/// Comes once more, much later.
void virtual_link::send_again(int from, std::string bytes) {
  ends_[1 - from].life->after(
    between(by_.scene().random(), 1s, 20s),
    [self = shared_from_this(), to = 1 - from, bytes = std::move(bytes)] {
      if (auto hear = self->ends_[to].hears.on_stray)
        hear(bytes);
    });
}

void virtual_link::close(int which) {
  auto& end = ends_[which];
  if (!std::exchange(end.open, false))
    return;
  end.hears.on_message = nullptr;
  end.hears.on_closed = nullptr;
  end.silent_since = by_.scene().loop.now();
  transmit(which, [self = shared_from_this(), to = 1 - which] {
    self->notice(to, "the other end has closed it");
  });
  watch_silence(1 - which);
}

void virtual_link::transmit(int from, process::event what) {
  auto& to = ends_[1 - from];
  if (by_.is_cut(ends_[from].host, to.host))
    to.held.push_back(std::move(what));
  else
    schedule(to, std::move(what));
}

void virtual_link::schedule(end& to, process::event what) {
  auto now = by_.scene().loop.now();
  to.last_arrival = std::max(now + by_.delay(), to.last_arrival + duration{1});
  to.life->after(to.last_arrival - now, std::move(what));
}

void virtual_link::flush(int to) {
  for (auto& each : std::exchange(ends_[to].held, {}))
    schedule(ends_[to], std::move(each));
}

void virtual_link::notice(int which, const std::string& why) {
  auto& end = ends_[which];
  if (!end.open)
    return;
  auto tell = end.hears.on_closed;
  close(which);
  if (tell)
    tell(why);
}

void virtual_link::watch_silence(int at) {
  auto& in = by_.scene();
  auto wait = in.how.silence + between(in.random(), 1ms, 400ms);
  ends_[at].life->after(wait, [self = shared_from_this(), at] {
    auto& by = self->by_;
    auto quiet = by.quiet_since(*self, at);
    if (quiet && by.scene().loop.now() - *quiet >= by.scene().how.silence)
      self->notice(at, "nothing was heard");
  });
}

// -- the network --------------------------------------------------------------

fabric::~fabric() {
  // Ears hold those who hold the links.
  for (const auto& each : links_)
    for (auto& end : each->ends_)
      end.hears = {};
}

void fabric::listen(const std::string& host, process& life, acceptor accept) {
  listeners_[host] = {&life, std::move(accept)};
}

void fabric::dial(const std::string& from, process& life, const std::string& to,
                  std::function<void(link_handle)> on_up, link_ears hears) {
  in_.loop.after(delay(), [this, from, &life, to, on_up = std::move(on_up),
                           hears = std::move(hears)] {
    auto there = listeners_.find(to);
    if (is_cut(from, to) || is_cut(to, from) || there == listeners_.end()
        || !there->second.life->alive() || there->second.life->stopped()
        || in_.fails(in_.how.network.dial_loss))
      life.after(dial_timeout, [tell = hears.on_closed] {
        tell("nobody answers");
      });
    else
      connect(from, life, to, on_up, hears);
  });
}

void fabric::connect(const std::string& from, process& life,
                     const std::string& to,
                     std::function<void(link_handle)> on_up, link_ears hears) {
  std::erase_if(links_, [](const auto& each) {
    return !each->ends_[0].open && !each->ends_[1].open
           && each->ends_[0].held.empty() && each->ends_[1].held.empty();
  });
  auto& there = listeners_.at(to);
  auto link = std::make_shared<virtual_link>(
    *this, virtual_link::end{from, &life, std::move(hears), true, {}, {}, {}},
    virtual_link::end{to, there.life, {}, true, {}, {}, {}});
  link->ends_[1].hears = there.accept({link, 1}, from);
  links_.push_back(link);
  if (!life.alive())
    return link->close(0);
  life.after(delay(), [link, on_up] { on_up({link, 0}); });
}

template <class F>
void fabric::each_end_at(const std::string& host, F what) {
  auto links = links_;
  for (const auto& link : links)
    for (int end : {0, 1})
      if (link->ends_[end].host == host)
        what(*link, end);
}

void fabric::died(const std::string& host, bool silent) {
  listeners_.erase(host);
  frozen_.erase(host);
  each_end_at(host, [&](virtual_link& link, int end) {
    if (!link.ends_[end].open)
      return;
    if (!silent)
      return link.close(end);
    link.ends_[end].open = false;
    link.ends_[end].silent_since = in_.loop.now();
    link.watch_silence(1 - end);
  });
}

void fabric::frozen(const std::string& host) {
  frozen_[host] = in_.loop.now();
  each_end_at(host, [](virtual_link& link, int end) {
    link.watch_silence(1 - end);
  });
}

void fabric::thawed(const std::string& host) {
  frozen_.erase(host);
}

void fabric::cut(const std::string& from, const std::string& to) {
  auto& state = cuts_[{from, to}];
  if (state.cuts++ > 0)
    return;
  state.since = in_.loop.now();
  each_end_at(from, [&](virtual_link& link, int end) {
    if (link.ends_[1 - end].host == to)
      link.watch_silence(1 - end);
  });
}

void fabric::mend(const std::string& from, const std::string& to) {
  auto found = cuts_.find({from, to});
  if (found == cuts_.end() || --found->second.cuts > 0)
    return;
  cuts_.erase(found);
  each_end_at(from, [&](virtual_link& link, int end) {
    if (link.ends_[1 - end].host == to)
      link.flush(1 - end);
  });
}

void fabric::mend_all() {
  while (!cuts_.empty()) {
    auto [from, to] = cuts_.begin()->first;
    cuts_.begin()->second.cuts = 1;
    mend(from, to);
  }
}

bool fabric::is_cut(const std::string& from, const std::string& to) const {
  return cuts_.contains({from, to});
}

void fabric::break_any() {
  if (links_.empty())
    return;
  auto link = links_[in_.random().below(
    static_cast<std::uint32_t>(links_.size()))];
  for (int end : {0, 1})
    link->ends_[end].life->after(delay(), [link, end] {
      link->notice(end, "it broke");
    });
}

duration fabric::delay() {
  return between(in_.random(), 20us,
                 in_.calm ? 1ms : 20us + in_.how.network.delay_max);
}

std::optional<time_point> fabric::quiet_since(const virtual_link& link,
                                              int at) const {
  const auto& from = link.ends_[1 - at];
  if (from.silent_since)
    return from.silent_since;
  if (auto found = cuts_.find({from.host, link.ends_[at].host});
      found != cuts_.end())
    return found->second.since;
  if (auto found = frozen_.find(from.host); found != frozen_.end())
    return found->second;
  return std::nullopt;
}

} // namespace serval::simulation
