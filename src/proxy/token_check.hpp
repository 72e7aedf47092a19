#pragma once

#include "auth/token_table.hpp"
#include "proxy/http_message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// What came of asking a request for its token.
struct token_check {
  /// The answer to a request that may not go on.
  std::optional<http_response> refusal;
  /// Whose token it is; empty if nobody was asked for one.
  std::string who;
};

/// The token that a request shows. Nothing if it shows none, or more than one.
std::optional<std::string_view> token_of(const request_head& head) noexcept;

/// Holds a request's token against what is needed.
token_check check_token(const token_table& table, const request_head& head,
                        const access_need& need, std::string request_id = {});

} // namespace serval
