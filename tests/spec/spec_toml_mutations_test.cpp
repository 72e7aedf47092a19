// Goal: no text whatever hurts the readers. Method: damage good documents at
// random, thousands of times; whatever is accepted must survive canonical JSON.

#include "spec/spec_toml.hpp"

#include "base/random.hpp"
#include "spec/spec_json.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

namespace {

const std::string good_toml = R"(name = "bank_monitor"
route = "/banks"
entry = "strategy"
deadline = "1500ms"
methods = ["GET", "POST"]
plugin = "bank_monitor.so"
[config]
data_dir = '''/tmp'''
alpha = 0.5
nested = {k = [1, 2.5, "x", true], "quoted key" = 1}
[backend.strategy]
[backend.bank]
workers = 5
isolation = "inline"
stack = "1MiB"
config.points = 12
)";

/// A few edits of bytes that mean something to one of the parsers.
std::string damage(std::string text, random_source& random) {
  using namespace std::literals;
  constexpr auto bytes = "\"'[]{}=.,#\n\\ \0x1e\xff-+_:"sv;
  for (auto edits = 1 + random.below(4); edits > 0; --edits) {
    auto at = random.below(static_cast<std::uint32_t>(text.size()));
    auto length = random.below(6);
    auto byte = bytes[random.below(bytes.size())];
    switch (random.below(4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1 + random.below(40), byte);
        break;
      case 2:
        text.erase(at, length);
        break;
      default:
        text.insert(at, text.substr(random.below(at + 1), 3 * length));
    }
    if (text.empty())
      text = byte;
  }
  return text;
}

void check_survives(const app_spec& spec) {
  auto json = to_canonical_json(spec);
  auto back = parse_spec_json(json);
  REQUIRE_MESSAGE(back.has_value(), (back ? json : back.error().message));
  CHECK(*back == spec);
}

} // namespace

TEST_CASE("damaged TOML is refused or means what its JSON means") {
  REQUIRE(parse_spec_toml(good_toml, "f", {}).has_value());
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    auto spec = parse_spec_toml(damage(good_toml, random), "f", {});
    if (spec)
      check_survives(*spec);
    else
      CHECK_FALSE(spec.error().message.empty());
  }
}

TEST_CASE("damaged JSON is refused or means what its canonical form means") {
  auto good = to_canonical_json(parse_spec_toml(good_toml, "f", {}).value());
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    if (auto spec = parse_spec_json(damage(good, random)))
      check_survives(*spec);
  }
}

TEST_CASE("damaged overrides are refused or applied, nothing else") {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    auto text = damage("backend.bank.config.points=[1, {a = \"b\"}]", random);
    if (auto spec = parse_spec_toml(good_toml, "f", {text}))
      check_survives(*spec);
  }
}
