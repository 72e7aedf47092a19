#pragma once

#include <optional>
#include <string_view>

namespace serval {

/// The token of an Authorization field, `Bearer TOKEN`; nothing if it is of
/// another kind or malformed.
std::optional<std::string_view>
bearer_token(std::string_view authorization) noexcept;

/// Whether a query string, as it came, carries something that looks like a
/// token. URLs are logged and bookmarked by everybody on the way, so a token
/// does not belong there.
bool has_token(std::string_view query) noexcept;

} // namespace serval
