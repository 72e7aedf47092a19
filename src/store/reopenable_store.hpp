#pragma once

#include "store/rocksdb_store.hpp"

#include <functional>
#include <memory>
#include <shared_mutex>
#include <utility>

namespace serval {

/// An embedded store that can be closed, so that another process opens it, and
/// opened again, under those who use it. While it is closed everything is
/// `unavailable`. Thread-safe.
class reopenable_store final : public embedded_store {
public:
  using opener = std::function<result<std::unique_ptr<embedded_store>>()>;

  /// Opens it.
  static result<std::unique_ptr<reopenable_store>> open(opener how);

  /// Waits for the calls in progress. No effect on a closed one.
  void close();

  /// No effect on an open one.
  result<void> reopen();

  result<sequence> append(const append_request& request) override;
  result<journal> read(std::string_view app) override;
  result<void> snapshot(std::string_view app, serval::epoch epoch,
                        sequence upto,
                        std::vector<journal_entry> kept) override;
  result<std::vector<std::string>> applications() override;
  result<lease_grant> lease(std::string_view holder, duration valid_for,
                            serval::epoch held) override;
  result<lease_record> last_lease() override;
  result<store_summary>
  back_up(const std::filesystem::path& directory) override;

private:
  explicit reopenable_store(opener how) : open_(std::move(how)) {
    // nop
  }

  /// What `call` answers for the open store.
  template <class Call>
  auto with_store(Call call)
    -> decltype(call(std::declval<embedded_store&>()));

  opener open_;
  std::shared_mutex mutex_;
  std::unique_ptr<embedded_store> store_;
};

} // namespace serval
