#pragma once

#include "store/store.hpp"

#include <mutex>

namespace serval {

/// The store of a node that has none: it never leads, and learns from its
/// leader who that is. Everything else is `unavailable`. Thread-safe.
class absent_store final : public store {
public:
  /// Who leads, as far as this node knows; `holder` is empty if nobody does.
  void set_leader(lease_record leader);

  result<sequence> append(const append_request& request) override;
  result<journal> read(std::string_view app) override;
  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override;
  result<std::vector<std::string>> applications() override;
  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held) override;
  result<lease_record> last_lease() override;

private:
  std::mutex mutex_;
  lease_record leader_;
};

} // namespace serval
