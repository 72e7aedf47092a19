#include "dispatcher/map_state.hpp"

#include "base/assert.hpp"
#include "base/defect.hpp"

#include <tuple>

namespace serval {

void map_state::open(std::uint32_t number_of_map, map_request what,
                     backend_pool& where,
                     std::vector<map_state*>& expired, time_point now) {
  number = number_of_map;
  request = std::move(what);
  pool = &where;
  expired_ = &expired;
  begun = now;
  places.assign(request.pieces.size(), waiting);
  outcomes.resize(request.pieces.size());
  open_count = request.pieces.size();
}

void map_state::close() {
  cancel();
  request = {};
  pool = nullptr;
  places.clear();
  outcomes.clear();
  success_count = 0;
  next_ = 0;
  again_.clear();
  retried_.clear();
}

void map_state::on_timer(time_point) {
  expired_->push_back(this);
}

std::uint32_t map_state::take_waiting() {
  if (!again_.empty()) {
    auto piece = again_.back();
    again_.pop_back();
    return piece;
  }
  SERVAL_ASSERT(next_ < request.pieces.size());
  return next_++;
}

bool map_state::may_wait_again(std::uint32_t piece, bool started) const {
  auto found = retried_.find(piece);
  return found == retried_.end()
         || (found->second.all < retries_max
             && !(started && found->second.started > 0));
}

void map_state::wait_again(std::uint32_t piece, bool started) {
  places[piece] = waiting;
  again_.push_back(piece);
  auto& tried = retried_[piece];
  ++tried.all;
  if (started)
    ++tried.started;
}

std::vector<std::uint32_t> map_state::take_waiting_if(
  const std::function<bool(std::uint32_t)>& ends) {
  std::vector<std::uint32_t> taken;
  auto takes = [&](std::uint32_t piece) {
    if (!ends(piece))
      return false;
    taken.push_back(piece);
    return true;
  };
  std::erase_if(again_, takes);
  std::vector<std::uint32_t> stay;
  auto before = taken.size();
  for (auto piece = next_; piece < request.pieces.size(); ++piece)
    if (!takes(piece))
      stay.push_back(piece);
  // Those that were never sent stand in their order only if all are there.
  if (taken.size() > before) {
    next_ = static_cast<std::uint32_t>(request.pieces.size());
    again_.insert(again_.begin(), stay.rbegin(), stay.rend());
  }
  return taken;
}

void map_state::set_ended(std::uint32_t piece, outcome what) {
  SERVAL_ASSERT(places[piece] != ended);
  places[piece] = ended;
  --open_count;
  success_count += what.ok() ? 1 : 0;
  outcomes[piece] = std::move(what);
}

bool map_state::settled() const noexcept {
  if (open_count == 0)
    return true;
  return request.policy == map_policy::quorum
         && (success_count >= request.quorum
             || success_count + open_count < request.quorum);
}

bool comes_before(const map_state& a, const map_state& b) noexcept {
  auto key = [](const map_state& x) {
    return std::make_tuple(~x.request.depth,
                           defect("ignore_priority")
                             ? priority{}
                             : x.request.context->priority,
                           x.request.context->deadline, x.number);
  };
  return key(a) < key(b);
}

} // namespace serval
