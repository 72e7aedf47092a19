#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "simulation/knobs.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval::simulation {

/// Thrown out of a write or a sync in whose middle the machine loses power.
struct power_cut {};

/// The disk of a store: a log that grows at its end, and a small mark of two
/// slots that are written in turn. What was synced survives a power cut; of the
/// rest, any part may. After a failed sync nobody knows what is on the disk,
/// and a later sync that succeeds does not change that.
class disk {
public:
  disk(random_source& random, knobs::disk_faults faults)
    : random_(random), faults_(faults) {
    // nop
  }

  result<void> write_log(std::string_view bytes);
  result<void> sync_log();

  /// Writes and syncs the older slot.
  result<void> write_mark(std::uint64_t value);

  /// What a reader sees.
  const std::string& log() const noexcept {
    return log_;
  }

  std::optional<std::uint64_t> mark() const noexcept;

  /// Whoever opens the log keeps so much of it. RocksDB writes what it has
  /// recovered into new files, so that doubts about the old ones end.
  void rewrite_log(std::size_t size);

  /// The machine loses power, now or just before.
  void lose_power();

  /// Something that was synced is gone from the end of the log.
  void lose_end();

  bool lost_end() const noexcept {
    return lost_end_;
  }

  /// Nothing fails any more.
  void heal() noexcept {
    faults_ = {};
  }

private:
  struct range {
    std::size_t begin;
    std::size_t end;
  };

  error full() const;
  void maybe_cut();

  random_source& random_;
  knobs::disk_faults faults_;
  std::string log_;
  std::size_t synced_ = 0;
  /// Parts of the log whose sync failed.
  std::vector<range> doubtful_;
  std::array<std::optional<std::uint64_t>, 2> slots_;
  bool lost_end_ = false;
};

} // namespace serval::simulation
