#include "store/mysql_session.hpp"

#include <fmt/format.h>

#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>
#include <mariadb/mysqld_error.h>

namespace serval {

namespace {

/// Errors of the connection, after which it is of no more use.
bool breaks_connection(unsigned int code) {
  return (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR)
         || code == ER_SERVER_SHUTDOWN || code == ER_CONNECTION_KILLED;
}

/// Errors that pass when the server is as it should be again.
bool is_passing(unsigned int code) {
  return breaks_connection(code) || code == ER_OPTION_PREVENTS_STATEMENT
         || code == ER_LOCK_WAIT_TIMEOUT || code == ER_CON_COUNT_ERROR;
}

errc code_of(unsigned int code) {
  if (code == ER_DUP_ENTRY)
    return errc::conflict;
  return is_passing(code) ? errc::unavailable : errc::store_failed;
}

mysql_answer take_rows(MYSQL* handle, MYSQL_RES* rows) {
  mysql_answer answer;
  auto width = mysql_num_fields(rows);
  while (auto* row = mysql_fetch_row(rows)) {
    auto* sizes = mysql_fetch_lengths(rows);
    auto& fields = answer.rows.emplace_back();
    for (unsigned int i = 0; i < width; ++i)
      fields.emplace_back(row[i] != nullptr ? row[i] : "", sizes[i]);
  }
  answer.found = mysql_affected_rows(handle);
  return answer;
}

} // namespace

std::string to_string(const mysql_options& to) {
  return to.socket.empty() ? fmt::format("{}:{}", to.host, to.port)
                           : to.socket;
}

std::string to_literal(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "x'";
  out.reserve(bytes.size() * 2 + 3);
  for (auto c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
  out += '\'';
  return out;
}

void mysql_session::closer::operator()(st_mysql* handle) const noexcept {
  mysql_close(handle);
}

result<mysql_session> mysql_session::open(const mysql_options& to) {
  mysql_session session{to_string(to)};
  session.handle_.reset(mysql_init(nullptr));
  auto* handle = session.handle_.get();
  if (handle == nullptr)
    return error{errc::store_failed, "out of memory for a connection to the "
                                     "database"};
  auto seconds = static_cast<unsigned int>(to.timeout.count());
  for (auto option : {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT,
                      MYSQL_OPT_WRITE_TIMEOUT})
    mysql_optionsv(handle, option, &seconds);
  // No statement is sent twice behind our back.
  my_bool again = 0;
  mysql_optionsv(handle, MYSQL_OPT_RECONNECT, &again);
  if (!to.authority_file.empty()) {
    mysql_optionsv(handle, MYSQL_OPT_SSL_CA, to.authority_file.c_str());
    my_bool verified = 1;
    mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
  }
  auto* host = to.socket.empty() ? to.host.c_str() : nullptr;
  auto* socket = to.socket.empty() ? nullptr : to.socket.c_str();
  if (mysql_real_connect(handle, host, to.user.c_str(), to.password.c_str(),
                         to.database.c_str(), to.port, socket,
                         CLIENT_FOUND_ROWS)
      == nullptr)
    return session.failure("cannot connect to");
  if (auto ready = session.prepare(); !ready)
    return ready.error();
  return session;
}

result<void> mysql_session::prepare() {
  for (const auto* statement :
       {"SET SESSION sql_mode = 'STRICT_ALL_TABLES', autocommit = 1, "
        "innodb_lock_wait_timeout = 2",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"})
    if (auto answer = run(statement); !answer)
      return answer.error();
  return {};
}

result<mysql_answer> mysql_session::run(const std::string& statement) {
  auto* handle = handle_.get();
  if (mysql_real_query(handle, statement.data(), statement.size()) != 0)
    return failure("a statement failed at");
  if (auto* rows = mysql_store_result(handle)) {
    auto answer = take_rows(handle, rows);
    mysql_free_result(rows);
    return answer;
  }
  if (mysql_field_count(handle) != 0)
    return failure("an answer was cut off from");
  return mysql_answer{{}, mysql_affected_rows(handle),
                      mysql_insert_id(handle)};
}

bool mysql_session::answers() {
  return !lost_ && mysql_ping(handle_.get()) == 0;
}

error mysql_session::failure(std::string_view attempt) {
  auto* handle = handle_.get();
  auto code = mysql_errno(handle);
  lost_ = breaks_connection(code);
  return {code_of(code),
          fmt::format("{} the database at {}: {} (error {})", attempt, server_,
                      mysql_error(handle), code)};
}

} // namespace serval
