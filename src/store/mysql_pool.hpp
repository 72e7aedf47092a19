#pragma once

#include "store/mysql_session.hpp"

#include <mutex>
#include <vector>

namespace serval {

/// Connections to one server for any number of threads; as many as there are
/// callers at a time. What broke is thrown away, and the next caller connects
/// anew.
class mysql_pool {
public:
  explicit mysql_pool(mysql_options to) : to_(std::move(to)) {
    // nop
  }

  /// Runs one statement on a connection that answered just before.
  result<mysql_answer> run(const std::string& statement);

  /// As above; `lost` says whether the connection broke under the statement.
  result<mysql_answer> run(const std::string& statement, bool& lost);

private:
  result<mysql_session> take();

  void give_back(mysql_session session);

  mysql_options to_;
  std::mutex mutex_;
  std::vector<mysql_session> idle_;
};

} // namespace serval
