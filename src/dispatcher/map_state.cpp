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

void map_state::wait_again(std::uint32_t piece) {
  places[piece] = waiting;
  again_.push_back(piece);
  retried_.insert(piece);
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
