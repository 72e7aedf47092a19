#pragma once

#include "store/write_guard.hpp"

#include <functional>
#include <map>
#include <mutex>

namespace serval {

/// A store that forgets everything when it ends; for tests and simulation.
class memory_store final : public store {
public:
  using clock = std::function<time_point()>;

  explicit memory_store(clock now) : now_(std::move(now)) {
    // nop
  }

  result<sequence> append(const append_request& request) override;

  result<journal> read(std::string_view app) override;

  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override;

  result<std::vector<std::string>> applications() override;

  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held = {}) override;

  result<lease_record> last_lease() override;

private:
  clock now_;
  std::mutex mutex_;
  write_guard guard_;
  std::map<std::string, std::vector<journal_entry>, std::less<>> journals_;
};

} // namespace serval
