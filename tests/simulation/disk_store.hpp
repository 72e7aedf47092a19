#pragma once

#include "simulation/disk.hpp"
#include "store/group_commit.hpp"
#include "store/record_chain.hpp"
#include "store/write_guard.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace serval::simulation {

/// A store on a simulated disk. It is put together as the one on RocksDB is,
/// from the product's own `group_commit`, `write_guard` and `record_chain`; the
/// log and the mark beside it are this folder's.
class disk_store final : public store {
public:
  using clock = std::function<time_point()>;

  /// Errors: `corrupt` if something that was acknowledged is missing.
  static result<std::unique_ptr<disk_store>> open(disk& on, clock now);

  result<sequence> append(const append_request& request) override;
  result<journal> read(std::string_view app) override;
  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override;
  result<std::vector<std::string>> applications() override;
  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held = {}) override;
  result<lease_record> last_lease() override {
    return guard_.last_lease();
  }

  /// A stage has failed: nothing is acknowledged any more.
  bool broken() const noexcept {
    return broken_;
  }

private:
  /// Keys are "c" for the number of batches, "l" for the lease, "e" + name +
  /// sequence, "s" + name. An empty value takes a key away.
  using records = std::map<std::string, std::string>;

  disk_store(disk& on, clock now, records data, std::uint64_t batches);

  result<void> load();
  result<void> write(std::uint64_t batch);
  result<void> seal(std::uint64_t batch);
  result<journal> read(record_chain& chain, sequence upto) const;

  disk& disk_;
  clock now_;
  records data_;
  records batch_;
  write_guard guard_;
  std::map<std::string, record_chain, std::less<>> chains_;
  bool broken_ = false;
  group_commit commit_;
};

} // namespace serval::simulation
