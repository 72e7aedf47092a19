#include "auth/token_table.hpp"

#include "base/sha256.hpp"
#include "spec/spec_validate.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>

namespace serval {

namespace {

/// Every request is held against all of them.
constexpr std::size_t max_tokens = 1000;

constexpr std::string_view blanks = " \t\r";

/// Cuts the next part off the front of `rest`.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  auto end = std::min(rest.find_first_of(ends), rest.size());
  auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  line = line.substr(0, line.find('#'));
  while (!line.empty())
    if (auto word = take_until(line, blanks); !word.empty())
      words.push_back(word);
  return words;
}

/// Quotes nothing of the line but what is no secret: a token that somebody put
/// here in place of its hash must not reach a log.
result<token_entry> parse_entry(const std::vector<std::string_view>& words) {
  auto bad = [](std::string why) {
    return error{errc::bad_request, std::move(why)};
  };
  if (words.size() != 4)
    return bad("a token has four words: its name, its scopes, its "
               "applications, and its SHA-256");
  token_entry entry;
  entry.name = words[0];
  if (!is_valid_name(entry.name))
    return bad("the name must be 1 to 64 letters, digits, \"_\" and \"-\"");
  for (auto rest = words[1]; !rest.empty();) {
    auto scope = parse_token_scope(take_until(rest, ","));
    if (!scope)
      return bad("the scopes are read, deploy, admin and call, with commas "
                 "between them");
    entry.scopes[static_cast<std::size_t>(*scope)] = true;
  }
  for (auto rest = words[2] == "*" ? std::string_view{} : words[2];
       !rest.empty();) {
    entry.applications.emplace_back(take_until(rest, ","));
    if (!is_valid_name(entry.applications.back()))
      return bad("the applications are names with commas between them, or *");
  }
  entry.sha256 = words[3];
  if (!is_sha256_hex(entry.sha256))
    return bad("the last word is the token's SHA-256, 64 lower-case hex "
               "digits; `serval token make` writes such lines");
  return entry;
}

bool has_scope(const token_entry& entry, token_scope needed) noexcept {
  using enum token_scope;
  auto has = [&](token_scope scope) {
    return entry.scopes[static_cast<std::size_t>(scope)];
  };
  switch (needed) {
    case read:
      return has(read) || has(deploy) || has(admin);
    case deploy:
      return has(deploy) || has(admin);
    case admin:
      return has(admin);
    case call:
      return has(call);
  }
  return false;
}

bool is_for(const token_entry& entry, std::string_view application) noexcept {
  return entry.applications.empty()
         || std::ranges::find(entry.applications, application)
              != entry.applications.end();
}

bool reaches(const token_entry& entry, const access_need& need) noexcept {
  switch (need.applications) {
    case access_need::reach::any:
      return true;
    case access_need::reach::one:
      return is_for(entry, need.application);
    case access_need::reach::all:
      return entry.applications.empty();
  }
  return false;
}

} // namespace

result<token_table> token_table::parse(std::string_view text,
                                       std::string_view name) {
  token_table table;
  std::string problems;
  for (int number = 1; !text.empty(); ++number) {
    auto words = words_of(take_until(text, "\n"));
    if (words.empty())
      continue;
    auto entry = parse_entry(words);
    auto is_double = [&](const token_entry& other) {
      return other.name == entry->name || other.sha256 == entry->sha256;
    };
    if (entry && std::ranges::any_of(table.entries_, is_double))
      entry = error{errc::bad_request,
                    "another line has this name or this token"};
    if (entry && table.entries_.size() == max_tokens)
      entry = error{errc::bad_request, fmt::format("more than {} tokens",
                                                   max_tokens)};
    if (entry)
      table.entries_.push_back(std::move(*entry));
    else
      problems += fmt::format("{}{}:{}: {}", problems.empty() ? "" : "\n",
                              name, number, entry.error().message);
  }
  if (!problems.empty())
    return error{errc::bad_request, std::move(problems)};
  return table;
}

access_decision token_table::judge(std::optional<std::string_view> token,
                                   const access_need& need) const {
  if (!token)
    return {access_verdict::no_token, {}};
  auto hash = sha256_hex(*token);
  const token_entry* found = nullptr;
  for (const auto& each : entries_)
    if (CRYPTO_memcmp(each.sha256.data(), hash.data(), hash.size()) == 0)
      found = &each;
  if (found == nullptr)
    return {access_verdict::unknown_token, {}};
  if (!has_scope(*found, need.scope))
    return {access_verdict::wrong_scope, found->name};
  if (!reaches(*found, need))
    return {access_verdict::wrong_application, found->name};
  return {access_verdict::allowed, found->name};
}

bool token_table::covers(std::string_view who,
                         std::string_view application) const noexcept {
  return std::ranges::any_of(entries_, [&](const token_entry& each) {
    return each.name == who && is_for(each, application);
  });
}

bool token_table::guards(std::string_view application) const noexcept {
  return std::ranges::any_of(entries_, [&](const token_entry& each) {
    return has_scope(each, token_scope::call) && is_for(each, application);
  });
}

bool token_table::guards_some() const noexcept {
  return std::ranges::any_of(entries_, [](const token_entry& each) {
    return has_scope(each, token_scope::call);
  });
}

std::string to_line(const token_entry& entry) {
  std::string scopes;
  for (int i = 0; i < token_scope_count; ++i)
    if (entry.scopes[static_cast<std::size_t>(i)])
      scopes += fmt::format("{}{}", scopes.empty() ? "" : ",",
                            to_string(static_cast<token_scope>(i)));
  auto applications = entry.applications.empty()
                        ? std::string{"*"}
                        : fmt::format("{}", fmt::join(entry.applications, ","));
  return fmt::format("{} {} {} {}\n", entry.name, scopes, applications,
                     entry.sha256);
}

} // namespace serval
