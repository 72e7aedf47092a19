#include "proxy/token_check.hpp"

#include "auth/bearer_token.hpp"
#include "proxy/http_chars.hpp"
#include "proxy/problem.hpp"

#include <utility>

namespace serval {

std::optional<std::string_view> token_of(const request_head& head) noexcept {
  const header_field* shown = nullptr;
  for (const auto& each : head.fields) {
    if (!equal_ignoring_case(each.name, "authorization"))
      continue;
    // Another reader might believe the other one.
    if (shown != nullptr)
      return std::nullopt;
    shown = &each;
  }
  return shown == nullptr ? std::nullopt : bearer_token(shown->value);
}

token_check check_token(const token_table& table, const request_head& head,
                        const access_need& need, std::string request_id) {
  auto decision = table.judge(token_of(head), need);
  token_check result;
  result.who = decision.who;
  if (decision.allowed())
    return result;
  auto status = http_status_of(decision.verdict);
  auto unknown = status == 401;
  result.refusal
    = make_problem(status, unknown ? "unauthorized" : "forbidden",
                   explain(decision.verdict, need), std::move(request_id));
  if (unknown)
    result.refusal->fields.push_back({"www-authenticate", "Bearer"});
  return result;
}

} // namespace serval
