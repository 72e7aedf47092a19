#pragma once

#include "store/store.hpp"
#include "store/store_summary.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace serval {

class high_water_mark;
struct journal_index;

store_summary summary_of(const journal_index& index,
                         const high_water_mark& mark);

/// Checks everything in a store that no daemon uses, and changes nothing in it.
/// Errors are those of `open_rocksdb_store`, and `not_found` if there is none.
result<store_summary> verify_store(const std::filesystem::path& directory);

/// Hands the journals in a store that no daemon uses to `take`, by name of
/// application, and changes nothing. Of damaged journals it shows what can be
/// read, and then returns what `verify_store` says. With `only`, one journal;
/// `not_found` if there is none of that name.
result<store_summary>
read_store(const std::filesystem::path& directory, const std::string& only,
           const std::function<void(const std::string& app,
                                    const journal& found)>& take);

} // namespace serval
