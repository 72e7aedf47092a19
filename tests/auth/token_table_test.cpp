#include "auth/token_table.hpp"

#include "base/random.hpp"
#include "base/sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace serval;

namespace {

using reach = access_need::reach;

std::string line(std::string_view name, std::string_view scopes,
                 std::string_view applications, std::string_view token) {
  return std::string{name} + " " + std::string{scopes} + " "
         + std::string{applications} + " " + sha256_hex(token) + "\n";
}

token_table table_of(std::string_view text) {
  auto table = token_table::parse(text, "tokens");
  REQUIRE(table);
  return *table;
}

std::string problem_of(std::string_view text) {
  auto table = token_table::parse(text, "tokens");
  REQUIRE_FALSE(table.has_value());
  return table.error().message;
}

const std::array applications = {"a", "b", "c"};
const std::array scope_sets
  = {"read", "deploy", "admin", "call", "read,call", "deploy,call"};
const std::array application_sets = {"*", "a", "b", "a,b"};

/// The same decision, spelt out.
bool may(std::string_view scopes, std::string_view apps,
         const access_need& need) {
  auto has = [&](std::string_view word) {
    return scopes.find(word) != std::string_view::npos;
  };
  bool scope = need.scope == token_scope::call     ? has("call")
               : need.scope == token_scope::admin  ? has("admin")
               : need.scope == token_scope::deploy ? has("deploy")
                                                        || has("admin")
                                                   : has("read")
                                                        || has("deploy")
                                                        || has("admin");
  bool reached = apps == "*" || need.applications == reach::any
                 || (need.applications == reach::one
                     && apps.find(need.application) != std::string_view::npos);
  return scope && reached;
}

} // namespace

TEST_CASE("each token may do what its scopes and applications say, for every "
          "need there is") {
  std::string text;
  for (auto scopes : scope_sets)
    for (auto apps : application_sets) {
      auto number = std::to_string(std::ranges::count(text, '\n'));
      text += line("t" + number, scopes, apps, "secret" + number);
    }
  auto uut = table_of(text);
  int at = 0;
  for (auto scopes : scope_sets)
    for (auto apps : application_sets) {
      auto number = std::to_string(at++);
      for (int scope = 0; scope < token_scope_count; ++scope)
        for (auto where : {reach::any, reach::one, reach::all})
          for (auto app : applications) {
            access_need need{static_cast<token_scope>(scope), where, app};
            auto decision = uut.judge("secret" + number, need);
            CHECK(decision.allowed() == may(scopes, apps, need));
            CHECK(decision.who == "t" + number);
            CHECK(uut.judge(std::nullopt, need).verdict
                  == access_verdict::no_token);
          }
    }
}

TEST_CASE("nothing but a token itself is a token") {
  auto hash = sha256_hex("secret");
  auto uut = table_of(line("t", "admin,call", "*", "secret"));
  random_source random{std::random_device{}()};
  auto refuses = [&](std::string_view shown) {
    INFO(shown);
    CHECK(uut.judge(shown, {}).verdict == access_verdict::unknown_token);
  };
  for (auto shown : {std::string{}, hash, std::string{"secre"},
                     std::string{"secrets"}, std::string{"Secret"},
                     std::string("secret\0", 7), std::string{"t"}})
    refuses(shown);
  for (int i = 0; i < 1000; ++i) {
    std::string shown = "secret";
    shown[random.below(shown.size())] ^= static_cast<char>(
      1 << random.below(8));
    refuses(shown);
  }
  CHECK(uut.judge("secret", {}).allowed());
}

TEST_CASE("a table without tokens lets nobody do anything") {
  token_table uut;
  CHECK(uut.judge("x", {}).verdict == access_verdict::unknown_token);
  CHECK_FALSE(uut.guards("a"));
  CHECK_FALSE(uut.guards_some());
}

TEST_CASE("an application is guarded once one token may call it") {
  auto uut = table_of(line("t", "call", "a,b", "1") + line("u", "admin", "*",
                                                           "2"));
  CHECK(uut.guards("a"));
  CHECK(uut.guards("b"));
  CHECK_FALSE(uut.guards("c"));
  CHECK(uut.guards_some());
  CHECK(table_of(line("t", "call", "*", "1")).guards("c"));
  CHECK_FALSE(table_of(line("t", "admin", "*", "1")).guards_some());
}

TEST_CASE("comments, blanks and empty lines are skipped; lines come back") {
  auto uut = table_of("# who\n\n  \t\n" + line("t", "call,read", "b,a", "1")
                      + "\tu  admin\t* " + sha256_hex("2") + " # boss\r\n");
  REQUIRE(uut.entries().size() == 2);
  CHECK(uut.entries()[1].name == "u");
  std::string written;
  for (const auto& each : uut.entries())
    written += to_line(each);
  CHECK(table_of(written).entries() == uut.entries());
}

TEST_CASE("all problems are told, each with its line, and no secret with it") {
  auto hash = sha256_hex("1");
  auto text = problem_of("t read\n"
                         "-x read * " + hash + "\n"
                         "t reed * " + hash + "\n"
                         "t read a/b " + hash + "\n"
                         "t read * hunter2\n"
                         "ok read * " + hash + "\n"
                         "other read * " + hash + "\n");
  for (auto part : {"tokens:1: a token has four words", "tokens:2: the name",
                    "tokens:3: the scopes are", "tokens:4: the applications",
                    "tokens:5: the last word", "tokens:7: another line"}) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find(hash) == std::string::npos);
}
