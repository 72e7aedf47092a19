#pragma once

#include "dispatcher/worker_table.hpp"
#include "peer/peer_sender.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace serval {

/// What a stand-in works with.
struct stand_in_setup {
  /// What its messages carry; unique on the link.
  attachment_number attachment = 0;
  std::string app;
  release_number release;
  /// How far the peer is.
  locality where = locality::rest;
  /// The dispatcher that gets the workers.
  std::shared_ptr<worker_table> table;
  std::function<time_point()> now;
  /// Runs something on the loop, later.
  std::function<void(std::function<void()>)> later;
  /// Makes ids for workers that no other worker of the dispatcher has: a slot
  /// may start anew elsewhere before its last worker is known to be gone.
  std::function<worker_id()> new_id;
};

/// The workers of a release on one peer, brought to the dispatcher of one loop:
/// it calls them as if they were near, and the calls go over the link at once.
/// What the link cannot take is answered as never begun; what it had when it
/// broke may have begun.
class stand_in : public std::enable_shared_from_this<stand_in> {
public:
  /// `link` outlives the stand-in.
  stand_in(stand_in_setup setup, peer_sender& link);

  /// The dispatcher has none of its workers any more after `link_lost` or when
  /// it `is_over`.
  ~stand_in();

  const std::string& app() const noexcept {
    return setup_.app;
  }

  release_number release() const noexcept {
    return setup_.release;
  }

  attachment_number attachment() const noexcept {
    return setup_.attachment;
  }

  std::size_t workers() const noexcept {
    return workers_.size();
  }

  // -- the link ---------------------------------------------------------------

  void link_ready();

  void link_lost();

  void on(const peer_worker_up& message);
  void on(const peer_worker_drain& message);
  void on(const peer_worker_down& message);
  void on(const peer_results& message);
  void on(const peer_suspended& message);
  void on(const peer_silence& message);

  // -- the end ----------------------------------------------------------------

  /// No new calls go to the peer; those that it has are waited for.
  void leave();

  bool is_over() const noexcept {
    return leaving_ && workers_.empty();
  }

private:
  class far_worker;

  far_worker* find(worker_id theirs);
  void drain(far_worker& worker);
  void forget(worker_id theirs,
              const std::optional<std::vector<call_id>>& started);
  void forget_if_idle(far_worker& worker);
  void send_calls(far_worker& worker, const std::vector<worker_call>& calls);
  void refuse(const far_worker& worker, std::span<const worker_call> calls,
              const error& why);

  stand_in_setup setup_;
  peer_sender& link_;
  bool linked_ = false;
  bool leaving_ = false;
  /// By the peer's ids.
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<far_worker>>
    workers_;
};

} // namespace serval
