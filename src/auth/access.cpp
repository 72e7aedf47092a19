#include "auth/access.hpp"

#include "base/assert.hpp"

#include <fmt/format.h>

#include <array>

namespace serval {

namespace {

constexpr std::array<std::string_view, token_scope_count> scope_words
  = {"read", "deploy", "admin", "call"};

std::string describe(const access_need& need) {
  auto scope = to_string(need.scope);
  switch (need.applications) {
    case access_need::reach::one:
      return fmt::format("the scope \"{}\" for the application \"{}\"", scope,
                         need.application);
    case access_need::reach::all:
      return fmt::format("the scope \"{}\" for all applications", scope);
    case access_need::reach::any:
      break;
  }
  return fmt::format("the scope \"{}\"", scope);
}

} // namespace

std::string_view to_string(token_scope scope) noexcept {
  return scope_words[static_cast<std::size_t>(scope)];
}

std::optional<token_scope> parse_token_scope(std::string_view word) noexcept {
  for (std::size_t i = 0; i < scope_words.size(); ++i)
    if (scope_words[i] == word)
      return static_cast<token_scope>(i);
  return std::nullopt;
}

int http_status_of(access_verdict verdict) noexcept {
  SERVAL_ASSERT(verdict != access_verdict::allowed);
  auto unknown = verdict == access_verdict::no_token
                 || verdict == access_verdict::unknown_token;
  return unknown ? 401 : 403;
}

std::string explain(access_verdict verdict, const access_need& need) {
  switch (verdict) {
    case access_verdict::no_token:
      return "this needs a token in an Authorization field, \"Bearer TOKEN\", "
             "with "
             + describe(need);
    case access_verdict::unknown_token:
      return "the token is not known here; this needs one with "
             + describe(need);
    case access_verdict::wrong_scope:
      return "the token lacks " + describe(need);
    case access_verdict::wrong_application:
      return "the token is for other applications; this needs "
             + describe(need);
    case access_verdict::allowed:
      break;
  }
  SERVAL_ASSERT(!"nothing to explain");
  return {};
}

} // namespace serval
