#include "targets.hpp"

#include "base/assert.hpp"
#include "config/node_config_reader.hpp"
#include "input_reader.hpp"
#include "spec/json_document.hpp"
#include "spec/overrides.hpp"
#include "spec/spec_json.hpp"
#include "spec/spec_toml.hpp"
#include "spec/toml_document.hpp"

namespace serval {

namespace {

void check_document(std::string_view text) {
  auto document = parse_toml_document(text, "input");
  if (!document)
    return;
  auto json = to_json_text(*document);
  auto again = parse_json_document(json, "text");
  SERVAL_ASSERT(again);
  SERVAL_ASSERT(to_json_text(*again) == json);
}

void check_spec(std::string_view text) {
  auto spec = parse_spec_toml(text, "input", {});
  if (!spec)
    return;
  auto json = to_canonical_json(*spec);
  auto again = parse_spec_json(json);
  SERVAL_ASSERT(again);
  SERVAL_ASSERT(to_canonical_json(*again) == json);
}

} // namespace

/// The first line may be "#set KEY=VALUE", an override.
void fuzz_toml(std::string_view input) {
  check_document(input);
  check_spec(input);
  static_cast<void>(parse_node_config(input, "input", {}));
  static_cast<void>(parse_toml_value(input));
  auto first = input_reader{input}.line();
  if (!first.starts_with("#set "))
    return;
  std::vector<std::string> overrides{std::string{first.substr(5)}};
  static_cast<void>(parse_node_config(input, "input", overrides));
  static_cast<void>(parse_spec_toml(input, "input", overrides));
}

} // namespace serval
