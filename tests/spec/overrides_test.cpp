#include "spec/overrides.hpp"

#include "spec/json_document.hpp"
#include "spec/toml_document.hpp"

#include <doctest/doctest.h>

using namespace serval;

namespace {

constexpr auto base_text = R"(
[config]
label = "x"
alpha = 0.5
points = 1
[backend.bank]
workers = 1
)";

/// The document after the override, or the problem.
std::string after(std::string_view override_text) {
  auto document = parse_toml_document(base_text, "f").value();
  problem_list problems;
  apply_spec_override(document, override_text, problems);
  if (!problems.empty())
    return problems[0].message;
  return to_json_text(document);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a value is TOML if it parses as such, else a plain string") {
  CHECK(contains(after("config.new=10"), R"("new":10)"));
  CHECK(contains(after("config.new=true"), R"("new":true)"));
  CHECK(contains(after("config.new=[1, 2]"), R"("new":[1,2])"));
  CHECK(contains(after("config.new=/tmp/data"), R"("new":"/tmp/data")"));
  CHECK(contains(after("config.new='10'"), R"("new":"10")"));
  CHECK(contains(after("config.new=a=b"), R"("new":"a=b")"));
  CHECK(contains(after("config.new="), R"("new":"")"));
}

TEST_CASE("a value takes the type of the one it replaces if it can") {
  CHECK(contains(after("config.label=10"), R"("label":"10")"));
  CHECK(contains(after("config.alpha=1"), R"("alpha":1E0)"));
  CHECK(contains(after("config.points=2"), R"("points":2)"));
}

TEST_CASE("keys of backends and of their config can be set") {
  CHECK(contains(after("backend.bank.workers=3"), R"("workers":3)"));
  CHECK(contains(after("backend.bank.isolation=inline"),
                 R"("isolation":"inline")"));
  CHECK(contains(after("backend.bank.config.k=1"), R"("config":{"k":1})"));
}

TEST_CASE("an override that sets nothing sensible says why") {
  CHECK(contains(after("workers"), "KEY=VALUE"));
  CHECK(contains(after("config..x=1"), "empty"));
  CHECK(contains(after("=1"), "empty"));
  CHECK(contains(after("name=x"), "only config.KEY"));
  CHECK(contains(after("backend.bank=1"), "only config.KEY"));
  CHECK(contains(after("backend.bnak.workers=1"), "did you mean \"bank\"?"));
  CHECK(contains(after("backend.bank.workers.x=1"), "is an integer"));
  CHECK(contains(after("config.x=\xff"), "UTF-8"));
  CHECK(contains(after("config.x=a\nb"), "control"));
  CHECK(contains(after("config.a.b.c.d.e.f.g.h=1"), "8 parts"));
}

TEST_CASE("any other document takes any key") {
  auto document = parse_toml_document("", "f").value();
  problem_list problems;
  apply_override(document, "http.listen=127.0.0.1:0", problems);
  CHECK(problems.empty());
  CHECK(to_json_text(document) == R"({"http":{"listen":"127.0.0.1:0"}})");
}
