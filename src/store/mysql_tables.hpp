#pragma once

#include "store/mysql_session.hpp"

namespace serval {

/// Makes the tables of the newest layout, or brings older ones to it; several
/// programs may do so at once. `schemas/README.md` describes them. Error:
/// `unavailable` if they are of a newer layout.
result<void> prepare_tables(mysql_session& session);

} // namespace serval
