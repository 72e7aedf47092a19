#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A connection as the database's library knows it.
struct st_mysql;

namespace serval {

/// Where a MySQL or MariaDB server is, and who asks.
struct mysql_options {
  /// Path of a Unix socket; if it is empty, host and port count.
  std::string socket;
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
  /// Must exist; the tables are made in it.
  std::string database;
  /// Whose certificates the server may show; if it is set, nothing is said
  /// before the server has shown one that names its host.
  std::string authority_file = {};
  /// For a connect, and for each statement; whole seconds.
  std::chrono::seconds timeout{2};
};

/// How the server is called in messages.
std::string to_string(const mysql_options& to);

/// What a statement gave.
struct mysql_answer {
  /// Fields as the server writes them; NULL is empty.
  std::vector<std::vector<std::string>> rows;
  /// Rows that a change found, whether or not it left them as they were.
  std::uint64_t found = 0;
  /// What the statement gave to LAST_INSERT_ID.
  std::uint64_t inserted_id = 0;
};

/// One connection to a MySQL or MariaDB server, and the door to its library.
/// Each statement is a transaction, so a client that stops between two holds no
/// lock. One thread at a time.
class mysql_session {
public:
  static result<mysql_session> open(const mysql_options& to);

  /// Runs one statement. Errors: `conflict` for a key that is there already,
  /// `unavailable` for what may pass, see `lost`; else `store_failed`.
  result<mysql_answer> run(const std::string& statement);

  /// The connection broke under the last statement, which the server may have
  /// carried out or not.
  bool lost() const noexcept {
    return lost_;
  }

  /// Asks the server whether the connection still stands.
  bool answers();

private:
  struct closer {
    void operator()(st_mysql* handle) const noexcept;
  };

  explicit mysql_session(std::string server) : server_(std::move(server)) {
    // nop
  }

  result<void> prepare();

  error failure(std::string_view attempt);

  std::unique_ptr<st_mysql, closer> handle_;
  std::string server_;
  bool lost_ = false;
};

/// Bytes as a literal that SQL takes as they are, whatever is in them.
std::string to_literal(std::string_view bytes);

} // namespace serval
