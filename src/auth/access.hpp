#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace serval {

/// What the owner of a token may do. `deploy` includes `read`, and `admin`
/// includes both; `call` stands alone.
enum class token_scope : std::uint8_t {
  read,   ///< See applications, the node and its metrics.
  deploy, ///< Deploy and scale.
  admin,  ///< Delete.
  call,   ///< Send requests to applications.
};

inline constexpr int token_scope_count = 4;

std::string_view to_string(token_scope scope) noexcept;

std::optional<token_scope> parse_token_scope(std::string_view word) noexcept;

/// What an operation needs.
struct access_need {
  /// Which applications the token must be good for.
  enum class reach : std::uint8_t {
    any, ///< One at least; the operation shows nothing of others.
    one, ///< The one that is named.
    all, ///< All, those to come as well.
  };

  token_scope scope = token_scope::read;
  reach applications = reach::any;
  std::string_view application;
};

enum class access_verdict : std::uint8_t {
  allowed,
  no_token,
  unknown_token,
  wrong_scope,
  wrong_application,
};

/// Whether a request may go on, and as whom.
struct access_decision {
  access_verdict verdict = access_verdict::no_token;
  /// The token's name; empty if it is unknown.
  std::string_view who;

  bool allowed() const noexcept {
    return verdict == access_verdict::allowed;
  }
};

/// 401 if the client should show a token or another one, else 403. REQUIRES:
/// the decision is not `allowed`.
int http_status_of(access_verdict verdict) noexcept;

/// What the client is told: what is needed, and never what it has sent.
/// REQUIRES: as above.
std::string explain(access_verdict verdict, const access_need& need);

} // namespace serval
