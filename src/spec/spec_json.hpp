#pragma once

#include "base/result.hpp"
#include "model/app_spec.hpp"

#include <string>
#include <string_view>

namespace serval {

/// The spec as JSON without white space. It has the shape of app.toml plus
/// "plugin_sha256", every key is written, and equal specs have equal texts.
std::string to_canonical_json(const app_spec& spec);

/// Reads what `to_canonical_json` writes, in any layout and with keys left out
/// that have defaults. Unknown and duplicate keys, wrong types and broken rules
/// are errors, all of them in one message.
result<app_spec> parse_spec_json(std::string_view text);

/// What names a release for good: the SHA-256 of the canonical JSON. The path
/// that the operator's plugin had is no part of it; the plugin's bytes are.
std::string release_hash(const app_spec& spec);

} // namespace serval
