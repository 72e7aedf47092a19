#pragma once

#include "base/time.hpp"
#include "model/app_spec.hpp"
#include "spec/document.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// Reads the keys of one table into variables of their types. Wrong types are
/// noted and leave the variable alone, so that all problems of a document are
/// found in one pass. An absent key leaves the variable alone silently.
/// Every `read` answers whether it wrote the variable.
class document_reader {
public:
  /// `table` and `problems` must outlive the reader. `path` is the dotted path
  /// of the table, empty for the root. REQUIRES: `table` holds a table.
  document_reader(const doc_value& table, std::string path,
                  problem_list& problems);

  bool read(std::string_view key, bool& out);
  bool read(std::string_view key, std::string& out);
  bool read(std::string_view key, std::uint32_t& out);
  /// A number, with or without a fraction.
  bool read(std::string_view key, double& out);
  bool read(std::string_view key, std::vector<std::string>& out);

  /// A string such as "200ms".
  bool read(std::string_view key, duration& out);

  /// A string such as "256KiB".
  bool read_size(std::string_view key, std::uint64_t& out);
  bool read_size(std::string_view key, std::uint32_t& out);

  /// A table of values of any type.
  bool read(std::string_view key, settings& out);

  /// One of the listed words, whose position is returned in `out`.
  bool read_word(std::string_view key,
                 const std::vector<std::string_view>& words, std::size_t& out);

  /// The table under `key`, or null.
  const doc_value* table(std::string_view key);

  /// The path of a key of this table, for messages.
  std::string path_of(std::string_view key) const;

  /// Notes a problem with the value of `key`.
  void reject(std::string_view key, std::string message);

  /// Notes every key that was never asked for, with the nearest one that was.
  void finish();

private:
  const doc_value* find(std::string_view key);
  bool wrong_type(std::string_view key, const doc_value& value,
                  std::string_view wanted);
  const std::string* find_string(std::string_view key, std::string_view wanted);

  const doc_value& table_;
  std::string path_;
  problem_list& problems_;
  std::vector<std::string_view> asked_;
};

/// A value of any type as a setting.
setting to_setting(const doc_value& value);

} // namespace serval
