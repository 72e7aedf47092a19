#include "store/mysql_import.hpp"

#include "store/mysql_store.hpp"
#include "store/record_chain.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace serval {

namespace {

error foreign(const std::string& app, std::string_view what) {
  return {errc::conflict,
          fmt::format("the database has a journal of application \"{}\", {}; "
                      "give an empty database",
                      app, what)};
}

/// What is there already must be of these journals: the work of a run before.
result<std::vector<std::string>> find_missing(store& there,
                                              const journal_map& journals) {
  auto names = there.applications();
  if (!names)
    return names.error();
  for (const auto& name : *names) {
    auto known = journals.find(name);
    if (known == journals.end())
      return foreign(name, "which the other store has not");
    auto found = there.read(name);
    if (!found)
      return found.error();
    if (*found != known->second)
      return foreign(name, "and not the one of the other store");
  }
  std::vector<std::string> missing;
  for (const auto& [name, journal] : journals)
    if (!std::ranges::binary_search(*names, name))
      missing.push_back(name);
  return missing;
}

/// Fails if a node leads.
result<void> raise_epoch(mysql_session& session, serval::epoch last) {
  auto raised = session.run(fmt::format(
    "UPDATE serval_lease SET epoch = GREATEST(epoch, {}) "
    "WHERE id = 1 AND expires <= UTC_TIMESTAMP(6)",
    last.value));
  if (!raised)
    return raised.error();
  if (raised->found == 0)
    return error{errc::conflict, "a node leads with this database; stop it, or "
                                 "give another database"};
  return {};
}

result<void> insert(mysql_session& session, const std::string& app,
                    const journal& from) {
  record_chain chain{app};
  auto record = chain.take_over(from);
  auto done = session.run(
    fmt::format("INSERT INTO serval_snapshots VALUES ({}, {}, {})",
                to_literal(app), from.last.value, to_literal(record)));
  return done ? result<void>{} : result<void>{done.error()};
}

result<void> verify(store& there, const std::string& app,
                    const journal& from) {
  auto found = there.read(app);
  if (!found)
    return found.error();
  if (*found == from)
    return {};
  return error{errc::corrupt,
               fmt::format("the journal of application \"{}\" is read back "
                           "from the database as another than was written",
                           app)};
}

} // namespace

result<void> import_into_mysql(const mysql_options& to,
                               const journal_map& journals,
                               serval::epoch last) {
  auto there = open_mysql_store(to);
  if (!there)
    return there.error();
  auto missing = find_missing(**there, journals);
  if (!missing)
    return missing.error();
  auto session = mysql_session::open(to);
  if (!session)
    return session.error();
  if (auto raised = raise_epoch(*session, last); !raised)
    return raised;
  for (const auto& app : *missing)
    if (auto done = insert(*session, app, journals.at(app)); !done)
      return done;
  for (const auto& [app, journal] : journals)
    if (auto fine = verify(**there, app, journal); !fine)
      return fine;
  return {};
}

} // namespace serval
