#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace serval {

class fault_disk;

/// RocksDB's view of a faulty disk.
std::unique_ptr<rocksdb::Env> make_fault_env(fault_disk& disk);

} // namespace serval
