#include "store/mysql_tables.hpp"

#include <fmt/format.h>

#include <span>

namespace serval {

namespace {

using statement = const char*;

// Append only: tables in the world are at any of these layouts. Statements may
// be repeated, since a program may end between two of them.
constexpr statement layout_1[] = {
  "CREATE TABLE IF NOT EXISTS serval_lease ("
  "id TINYINT PRIMARY KEY, "
  "epoch BIGINT UNSIGNED NOT NULL, "
  "holder VARBINARY(256) NOT NULL, "
  "expires DATETIME(6) NOT NULL) ENGINE = InnoDB",
  "INSERT IGNORE INTO serval_lease VALUES (1, 0, '', '2000-01-01')",
  "CREATE TABLE IF NOT EXISTS serval_entries ("
  "app VARBINARY(256) NOT NULL, "
  "sequence BIGINT UNSIGNED NOT NULL, "
  "record LONGBLOB NOT NULL, "
  "PRIMARY KEY (app, sequence)) ENGINE = InnoDB",
  "CREATE TABLE IF NOT EXISTS serval_snapshots ("
  "app VARBINARY(256) PRIMARY KEY, "
  "upto BIGINT UNSIGNED NOT NULL, "
  "record LONGBLOB NOT NULL) ENGINE = InnoDB",
};

constexpr std::span<const statement> layouts[] = {layout_1};

result<void> run_all(mysql_session& session,
                     std::span<const statement> statements) {
  for (const auto* each : statements)
    if (auto done = session.run(each); !done)
      return done.error();
  return {};
}

result<std::size_t> layout_of(mysql_session& session) {
  constexpr statement prepare[] = {
    "CREATE TABLE IF NOT EXISTS serval_layout ("
    "id TINYINT PRIMARY KEY, version INT NOT NULL) ENGINE = InnoDB",
    "INSERT IGNORE INTO serval_layout VALUES (1, 0)",
  };
  if (auto done = run_all(session, prepare); !done)
    return done.error();
  auto answer = session.run("SELECT version FROM serval_layout WHERE id = 1");
  if (!answer)
    return answer.error();
  return static_cast<std::size_t>(std::stoul(answer->rows.at(0).at(0)));
}

result<void> bring_to_newest(mysql_session& session) {
  auto layout = layout_of(session);
  if (!layout)
    return layout.error();
  if (*layout > std::size(layouts))
    return error{errc::unavailable,
                 fmt::format("the database's tables have layout {}, but this "
                             "program knows layouts up to {}; start the newer "
                             "version of Serval that made them",
                             *layout, std::size(layouts))};
  for (; *layout < std::size(layouts); ++*layout) {
    if (auto done = run_all(session, layouts[*layout]); !done)
      return done;
    auto noted = session.run(fmt::format(
      "UPDATE serval_layout SET version = {} WHERE id = 1", *layout + 1));
    if (!noted)
      return noted.error();
  }
  return {};
}

} // namespace

result<void> prepare_tables(mysql_session& session) {
  auto locked = session.run("SELECT GET_LOCK('serval_layout', 5)");
  if (!locked)
    return locked.error();
  if (locked->rows.at(0).at(0) != "1")
    return error{errc::store_failed, "another program has been changing the "
                                     "database's tables for 5 s; try again"};
  auto done = bring_to_newest(session);
  auto unlocked = session.run("SELECT RELEASE_LOCK('serval_layout')");
  return done && !unlocked ? result<void>{unlocked.error()} : done;
}

} // namespace serval
