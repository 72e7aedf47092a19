#pragma once

#include "store/mysql_session.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace serval {

/// Connections to one server for any number of threads; as many as there are
/// callers at a time. What broke is thrown away, and the next caller connects
/// anew.
class mysql_pool {
public:
  using preparation = std::function<result<void>(mysql_session&)>;

  /// `prepare` is done on a connection before any is used, and again if it or a
  /// statement failed.
  mysql_pool(mysql_options to, preparation prepare)
    : to_(std::move(to)), prepare_(std::move(prepare)) {
    // nop
  }

  /// Runs one statement on a connection that answered just before.
  result<mysql_answer> run(const std::string& statement);

  /// As above; `lost` says whether the connection broke under the statement.
  result<mysql_answer> run(const std::string& statement, bool& lost);

private:
  result<mysql_session> take();

  result<mysql_session> prepare(mysql_session session);

  void give_back(mysql_session session);

  mysql_options to_;
  preparation prepare_;
  std::atomic<bool> prepared_ = false;
  std::mutex mutex_;
  std::vector<mysql_session> idle_;
};

} // namespace serval
