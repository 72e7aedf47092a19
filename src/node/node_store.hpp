#pragma once

#include "config/node_config.hpp"
#include "leader/lease_keeper.hpp"
#include "node/data_dir.hpp"
#include "store/absent_store.hpp"
#include "store/mysql_session.hpp"
#include "store/reopenable_store.hpp"

#include <memory>
#include <string>

namespace serval {

/// The store of a node, as its configuration names it.
struct node_store {
  std::unique_ptr<serval::store> opened;
  /// The same, if it is of this machine; else null.
  reopenable_store* embedded = nullptr;
  /// The same, if it is none; else null.
  absent_store* absent = nullptr;
  lease_options lease;
  /// Why a database cannot be reached now; empty if it can, or there is none.
  std::string unreachable;
};

/// Opens it. A database that does not answer is no error: the store connects
/// when it is there.
result<node_store> open_node_store(const store_section& config,
                                   const data_dir& directory);

/// How to connect to the database of a configuration; reads its password.
/// REQUIRES: `config.kind` is `mysql`
result<mysql_options> mysql_options_of(const store_section& config);

} // namespace serval
