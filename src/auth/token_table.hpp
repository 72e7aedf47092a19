#pragma once

#include "auth/access.hpp"
#include "base/result.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace serval {

/// One token, as far as it is known here.
struct token_entry {
  /// Names its owner in logs and journals.
  std::string name;
  std::array<bool, token_scope_count> scopes{};
  /// Empty stands for all.
  std::vector<std::string> applications;
  /// Of the token itself, which is kept nowhere.
  std::string sha256;

  friend bool operator==(const token_entry&, const token_entry&) = default;
};

/// The tokens that are known, one a line:
///
///     # name  scopes       applications  SHA-256 of the token
///     ci      deploy,call  judge,hello   9f86d081884c7d659a2feaa0c55ad015…
///     ops     admin        *             60303ae22b998861bce3b28f33eec1be…
///
/// Immutable, so that many threads may ask it.
class token_table {
public:
  /// A table without tokens, which allows nothing.
  token_table() = default;

  /// Reads a whole file. The error tells all problems, each with its line;
  /// `name` is the file's.
  static result<token_table> parse(std::string_view text,
                                   std::string_view name);

  /// Whether a request that shows `token` may do what needs `need`. How long
  /// this takes does not depend on which token it is, or how much of it is
  /// right. `who` points into the table.
  access_decision judge(std::optional<std::string_view> token,
                        const access_need& need) const;

  /// Whether the token of that name is good for an application.
  bool covers(std::string_view who,
              std::string_view application) const noexcept;

  /// Whether requests to an application need a token: if there is one with
  /// `call` for it, or for all.
  bool guards(std::string_view application) const noexcept;

  /// Whether it guards any application.
  bool guards_some() const noexcept;

  const std::vector<token_entry>& entries() const noexcept {
    return entries_;
  }

private:
  std::vector<token_entry> entries_;
};

/// Null where no tokens are configured, and nobody needs one.
using token_table_ptr = std::shared_ptr<const token_table>;

/// The line of one token, with its line end.
std::string to_line(const token_entry& entry);

} // namespace serval
