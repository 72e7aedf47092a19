#pragma once

#include "base/time.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace serval {

/// What a piece is known by among those that have killed workers. Bytes of
/// equal length and hash are taken for the same piece.
struct fingerprint {
  std::uint64_t hash = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const fingerprint&, const fingerprint&) = default;
};

fingerprint fingerprint_of(std::string_view backend,
                           std::string_view piece) noexcept;

/// The pieces of one release that have killed workers. A piece that has killed
/// two is in quarantine for ten minutes: it is answered at once and meets no
/// third. A piece that has killed one and is then answered well several times
/// was not to blame. Shared by all loops of a node; while nothing has died,
/// which is nearly always, asking costs one relaxed load.
class poison_table {
public:
  static constexpr std::uint32_t deaths_max = 2;
  static constexpr duration quarantine = std::chrono::minutes{10};
  /// Good answers after which earlier deaths do not count. More than one, or
  /// what kills every other time would go on for ever; few, or a common piece
  /// that was there by chance would be shut out by the next chance.
  static constexpr std::uint32_t good_answers = 5;
  /// Beyond this many, the one whose death is the longest ago is forgotten.
  static constexpr std::size_t size_max = 1024;

  /// Whether nothing is known of any piece. Any thread, as everything here.
  bool empty() const noexcept {
    return size_.load(std::memory_order_relaxed) == 0;
  }

  /// Grows whenever a piece is put into quarantine.
  std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_relaxed);
  }

  /// Whether the piece may meet no worker.
  bool is_quarantined(const fingerprint& piece, time_point now);

  /// A worker has died of the piece. True if that put it into quarantine.
  bool on_death(const fingerprint& piece, time_point now);

  /// A worker has answered the piece, and is alive.
  void on_answer(const fingerprint& piece, time_point now);

private:
  struct suspect {
    std::uint32_t deaths = 0;
    std::uint32_t answers = 0;
    /// When the last death is forgotten.
    time_point until;
  };

  struct hasher {
    std::size_t operator()(const fingerprint& piece) const noexcept {
      return piece.hash;
    }
  };

  using suspects = std::unordered_map<fingerprint, suspect, hasher>;

  /// Whether the piece is one of the suspects, for all that can be told without
  /// the lock; nearly all innocent pieces end here.
  bool may_know(const fingerprint& piece) const noexcept;
  suspects::iterator find(const fingerprint& piece, time_point now);
  void forget(suspects::iterator which);
  void make_room(time_point now);
  void publish();

  std::atomic<std::uint32_t> size_ = 0;
  std::atomic<std::uint64_t> version_ = 0;
  /// A bit for each suspect, by its hash.
  std::array<std::atomic<std::uint64_t>, 64> filter_{};
  std::mutex mutex_;
  suspects suspects_;
};

} // namespace serval
