#pragma once

#include "simulation/cluster/fabric.hpp"
#include "simulation/cluster/machine_clock.hpp"
#include "store/write_guard.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace serval::simulation {

/// The database that a cluster shares: leases by its own clock, writes that are
/// conditional on epoch and sequence (the product's `write_guard` decides), and
/// times in which it is gone, frozen, read-only, or put back to an old dump.
class cluster_store final : public store {
public:
  enum class phase { up, gone, frozen, read_only };

  cluster_store(cluster_scene& in, duration ahead, double rate)
    : in_(in), clock_(in.loop, ahead, rate) {
    // nop
  }

  // -- as it is asked ---------------------------------------------------------

  result<sequence> append(const append_request& request) override;
  result<journal> read(std::string_view app) override;
  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override;
  result<std::vector<std::string>> applications() override;
  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held = {}) override;
  result<lease_record> last_lease() override;

  /// Carries out `job` now, or when it thaws. False if it is gone.
  bool run(std::function<void()> job);

  // -- what becomes of it -----------------------------------------------------

  void enter(phase next);

  void dump();

  /// Puts an old dump in place of what there is. False if there is none.
  bool restore();

  /// An operator sets the epoch above all that has led.
  void raise_epoch();

  /// What a journal knows of releases.
  known_releases releases_of(const std::string& app);

  machine_clock& clock() noexcept {
    return clock_;
  }

private:
  struct contents {
    write_guard guard;
    std::map<std::string, std::vector<journal_entry>, std::less<>> journals;
  };

  result<void> writable() const;

  cluster_scene& in_;
  machine_clock clock_;
  contents now_;
  std::deque<contents> dumps_;
  phase phase_ = phase::up;
  std::vector<std::function<void()>> waiting_;
  serval::epoch highest_;
};

/// How a node asks the store: over the network, and no longer than so long.
class store_door {
public:
  store_door(cluster_scene& in, fabric& over, cluster_store& at)
    : in_(in), over_(over), at_(at) {
    // nop
  }

  template <class T>
  void ask(const std::string& host, process& life,
           std::function<result<T>(cluster_store&)> what,
           std::function<void(result<T>)> on_answer) {
    using namespace std::chrono_literals;
    auto open = std::make_shared<bool>(true);
    auto answer = [open, on_answer](result<T> how) {
      if (std::exchange(*open, false))
        on_answer(std::move(how));
    };
    life.after(patience, [answer] {
      answer(error{errc::unavailable, "the store does not answer"});
    });
    if (over_.is_cut(host, name))
      return;
    in_.loop.after(latency(), [this, host, &life, what, answer] {
      auto taken = at_.run([this, host, &life, what, answer] {
        auto how = what(at_);
        if (!over_.is_cut(name, host))
          life.after(latency(), [answer, how] { answer(how); });
      });
      if (!taken)
        life.after(latency(), [answer] {
          answer(error{errc::unavailable, "the store is not there"});
        });
    });
  }

  cluster_store& store() noexcept {
    return at_;
  }

  /// The store's, on the network.
  static constexpr const char* name = "store";

private:
  static constexpr duration patience = std::chrono::seconds{3};

  duration latency() {
    using namespace std::chrono_literals;
    return between(in_.random(), 100us,
                   in_.calm ? 2ms : 100us + in_.how.store.latency_max);
  }

  cluster_scene& in_;
  fabric& over_;
  cluster_store& at_;
};

} // namespace serval::simulation
