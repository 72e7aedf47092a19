#pragma once

#include "store/mysql_session.hpp"
#include "store/store.hpp"

#include <memory>

namespace serval {

/// Opens the store in a MySQL or MariaDB database, which several nodes may
/// share: whoever holds its lease writes. Makes the tables if they are not
/// there. The database's clock decides when a lease expires. Error:
/// `unavailable` if the database does not answer.
result<std::unique_ptr<store>> open_mysql_store(const mysql_options& to);

/// The same, of a database that is looked for when the store is first used.
std::unique_ptr<store> make_mysql_store(const mysql_options& to);

} // namespace serval
