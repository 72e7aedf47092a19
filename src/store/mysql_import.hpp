#pragma once

#include "store/mysql_session.hpp"
#include "store/store.hpp"

#include <map>
#include <string>

namespace serval {

/// Journals by application.
using journal_map = std::map<std::string, journal, std::less<>>;

/// Puts the journals of another store into a database, with the numbers, epochs
/// and times that they have, and reads them back. Whoever leads there later has
/// an epoch above `last`. May be repeated, also after it was interrupted.
/// Error: `conflict` if the database has other journals, or a node leads there.
result<void> import_into_mysql(const mysql_options& to,
                               const journal_map& journals,
                               serval::epoch last);

} // namespace serval
