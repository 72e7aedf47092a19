#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/text_table.hpp"
#include "cli/token_file.hpp"

#include "base/sha256.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace serval {

namespace {

/// 256 bits that nobody can guess, in a form that scanners for leaked secrets
/// recognise.
result<std::string> make_secret() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0)
      != static_cast<ssize_t>(bytes.size()))
    return error{errc::internal, fmt::format("cannot get randomness: {}",
                                             std::strerror(errno))};
  std::string secret = "serval_";
  for (auto byte : bytes)
    secret += fmt::format("{:02x}", byte);
  return secret;
}

result<void> check_names(const token_make_options& options) {
  auto names = options.applications;
  names.push_back(options.name);
  for (const auto& name : names)
    if (auto fine = check_new_name(name); !fine)
      return fine;
  return {};
}

} // namespace

int token_make_command(const token_make_options& options, bool json) {
  if (auto named = check_names(options); !named)
    return fail(named.error());
  token_entry entry;
  entry.name = options.name;
  entry.applications = options.applications;
  for (const auto& word : options.scopes) {
    auto scope = parse_token_scope(word);
    if (!scope)
      return fail({errc::bad_request,
                   fmt::format("there is no scope \"{}\"; there are read, "
                               "deploy, admin and call",
                               printable(word))});
    entry.scopes[static_cast<std::size_t>(*scope)] = true;
  }
  auto secret = make_secret();
  if (!secret)
    return fail(secret.error());
  entry.sha256 = sha256_hex(*secret);
  if (auto added = add_token(options.file, entry); !added)
    return fail(added.error());
  write_stderr("this is the only time that the token is shown\n");
  if (!json)
    return finish(*secret + "\n");
  boost::json::object shown{{"name", entry.name}, {"token", *secret}};
  return finish(boost::json::serialize(shown) + "\n");
}

} // namespace serval
